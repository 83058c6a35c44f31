// The stream that keeps phones in step.
import { as, equal, ok, refused, sdk } from './world.mjs';

const TYPES = ['AuthUsersV1', 'UsersV1', 'AssetsV2', 'AssetExifsV1', 'AlbumsV2', 'AlbumUsersV1', 'AlbumToAssetsV1', 'PeopleV1'];

export default async function (world) {
  const loginCredentialDto = { email: 'ada@example.org', password: 'correct horse' };
  const phone = as((await sdk.login({ loginCredentialDto })).accessToken);
  const stream = async (more = {}) => {
    const text = await sdk.getSyncStream({ syncStreamDto: { types: TYPES, ...more } }, phone);
    const whole = typeof text === 'string' ? text : await text.text();
    return whole.trim().split('\n').filter(Boolean).map((line) => JSON.parse(line));
  };
  const first = await stream();
  const of = (type) => first.filter((line) => line.type === type);
  equal(of('AssetV2').map(({ data }) => data.id).sort(), [world.berlin, world.munich, world.tall, world.past, world.film].sort());
  equal(of('AuthUserV1').map(({ data }) => data.email), ['ada@example.org']);
  equal(of('AlbumV2').map(({ data }) => data.id), [world.album]);
  equal(of('AlbumUserV1').map(({ data }) => [data.userId, data.role]), [[world.ada.id, 'owner']]);
  equal(of('AlbumToAssetV1').map(({ data }) => data.assetId).sort(), [world.berlin, world.tall].sort());
  const berlin = of('AssetV2').find(({ data }) => data.id === world.berlin).data;
  equal(berlin.checksum, (await sdk.getAssetInfo({ id: world.berlin })).checksum);
  equal(first.at(-1).type, 'SyncCompleteV1');

  await sdk.sendSyncAck({ syncAckSetDto: { acks: [...new Map(first.map((line) => [line.type, line.ack])).values()] } }, phone);
  equal((await stream()).map(({ type }) => type), ['SyncCompleteV1'], 'nothing new');
  await sdk.updateAsset({ id: world.film, updateAssetDto: { isFavorite: true } });
  equal((await stream()).filter(({ type }) => type === 'AssetV2').map(({ data }) => [data.id, data.isFavorite]), [[world.film, true]]);
  await sdk.deleteSyncAck({ syncAckDeleteDto: { types: ['AlbumV2'] } }, phone);
  const again = await stream();
  equal(again.filter(({ type }) => type === 'AlbumV2').map(({ data }) => data.id), [world.album]);
  ok(!again.some(({ type }) => type === 'AlbumUserV1'), 'only what was asked for begins anew');
  await refused(sdk.getSyncStream({ syncStreamDto: { types: TYPES } }), 403);
  await refused(sdk.getSyncStream({ syncStreamDto: { types: ['AssetsV1'] } }, phone), 400);
}
