// Albums, alone and with others.
import { equal, ok, refused, sdk } from './world.mjs';

export default async function (world) {
  const createAlbumDto = { albumName: 'Trip', description: 'June', assetIds: [world.berlin] };
  const album = await sdk.createAlbum({ createAlbumDto });
  equal([album.albumName, album.description, album.assetCount, album.shared], ['Trip', 'June', 1, false]);
  equal(album.albumUsers.map(({ role, user }) => [role, user.id]), [['owner', world.ada.id]]);
  ok(!('ownerId' in album) && !('assets' in album), 'of an older version');
  world.album = album.id;
  const { id } = album;

  const added = await sdk.addAssetsToAlbum({ id, bulkIdsDto: { ids: [world.berlin, world.munich, crypto.randomUUID()] } });
  equal(added.map(({ success, error }) => [success, error]), [[false, 'duplicate'], [true, undefined], [false, 'no_permission']]);
  const info = await sdk.getAlbumInfo({ id });
  equal([info.assetCount, info.startDate.slice(0, 10), info.endDate.slice(0, 10)], [2, '2021-06-06', '2021-06-08']);
  const removed = await sdk.removeAssetFromAlbum({ id, bulkIdsDto: { ids: [world.munich, world.tall] } });
  equal(removed.map(({ success, error }) => [success, error]), [[true, undefined], [false, 'not_found']]);

  const changed = await sdk.updateAlbumInfo({ id, updateAlbumDto: { albumName: 'Journey', order: 'asc', albumThumbnailAssetId: world.berlin } });
  equal([changed.albumName, changed.description, changed.order, changed.albumThumbnailAssetId], ['Journey', 'June', 'asc', world.berlin]);
  await refused(sdk.getAlbumInfo({ id }, world.asBob), 400, 'Not found or no album.read access');

  const shared = await sdk.addUsersToAlbum({ id, addUsersDto: { albumUsers: [{ userId: world.bob.id, role: 'viewer' }] } });
  equal([shared.shared, shared.albumUsers.map(({ role }) => role)], [true, ['owner', 'viewer']]);
  equal((await sdk.getAlbumInfo({ id }, world.asBob)).albumName, 'Journey');
  equal((await sdk.getAssetInfo({ id: world.berlin }, world.asBob)).id, world.berlin);
  await refused(sdk.addAssetsToAlbum({ id, bulkIdsDto: { ids: [world.berlin] } }, world.asBob), 400);
  equal((await sdk.getAllAlbums({ isShared: true }, world.asBob)).map((one) => one.id), [id]);
  equal(await sdk.getAllAlbums({ isOwned: true }, world.asBob), []);
  equal((await sdk.getAllAlbums({ assetId: world.berlin })).map((one) => one.id), [id]);
  equal(await sdk.getAllAlbums({ assetId: world.film }), []);
  equal((await sdk.getAllAlbums({ name: 'Journey' })).length, 1);

  const { assets } = await sdk.searchAssets({ metadataSearchDto: { albumIds: [id] } });
  equal(assets.items.map((one) => one.id), [world.berlin]);
  const draft = await sdk.createAlbum({ createAlbumDto: { albumName: 'Draft' } });
  equal([draft.assetCount, draft.albumThumbnailAssetId, draft.startDate], [0, null, undefined]);
  await sdk.deleteAlbum({ id: draft.id });
  await refused(sdk.getAlbumInfo({ id: draft.id }), 400);
  await refused(sdk.deleteAlbum({ id }, world.asBob), 400);
}
