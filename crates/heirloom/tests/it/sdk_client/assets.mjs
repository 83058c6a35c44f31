// Uploading, reading and changing photos and videos.
import { bytesOf, equal, file, ok, refused, sdk, settle, sha1, upload } from './world.mjs';

const WEBP = 'WEBP';
const isJpeg = (bytes) => bytes[0] === 0xff && bytes[1] === 0xd8;

async function uploads(world) {
  const named = { berlin: 'berlin.jpg', munich: 'munich.jpg', tall: 'tall.jpg', past: 'past.jpg', film: 'film.mp4' };
  for (const [name, path] of Object.entries(named)) {
    const answer = await upload(world, path, name === 'film' ? { duration: 1000 } : {});
    equal(answer.status, 'created', path);
    world[name] = answer.id;
  }
  const again = await upload(world, 'berlin.jpg');
  equal(again, { id: world.berlin, status: 'duplicate' });
  const bytes = await file(world.folder, 'berlin.jpg');
  for (const form of ['hex', 'base64']) {
    const early = await sdk.uploadAsset({
      xImmichChecksum: sha1(bytes, form),
      assetMediaCreateDto: { assetData: new File([bytes], 'b.jpg'), fileCreatedAt: new Date().toISOString(), fileModifiedAt: new Date().toISOString() },
    });
    equal(early, { id: world.berlin, status: 'duplicate' });
  }
  const notes = { assetData: new File(['x'], 'notes.txt'), fileCreatedAt: new Date().toISOString(), fileModifiedAt: new Date().toISOString() };
  await refused(sdk.uploadAsset({ assetMediaCreateDto: notes }), 400, 'Unsupported file type notes.txt');
  const large = { ...notes, assetData: new File([Buffer.concat([bytes, Buffer.alloc(8_000_000)])], 'large.jpg') };
  await refused(sdk.uploadAsset({ assetMediaCreateDto: large }, world.asBob), 400, 'Quota has been exceeded!');

  const asked = [{ id: 'a', checksum: sha1(bytes, 'hex') }, { id: 'b', checksum: sha1('another', 'base64') }];
  const { results } = await sdk.checkBulkUpload({ assetBulkUploadCheckDto: { assets: asked } });
  equal(results[0], { id: 'a', action: 'reject', reason: 'duplicate', assetId: world.berlin, isTrashed: false });
  equal([results[1].id, results[1].action], ['b', 'accept']);
  await settle(world);
}

async function facts(world) {
  const bytes = await file(world.folder, 'berlin.jpg');
  const berlin = await sdk.getAssetInfo({ id: world.berlin });
  equal(berlin.checksum, sha1(bytes, 'base64'));
  equal([berlin.type, berlin.visibility, berlin.originalFileName, berlin.ownerId], ['IMAGE', 'timeline', 'berlin.jpg', world.ada.id]);
  equal([berlin.width, berlin.height, berlin.duration], [640, 480, null]);
  equal([berlin.exifInfo.city, berlin.exifInfo.country], ['Berlin', 'Germany']);
  equal(berlin.exifInfo.fileSizeInByte, bytes.length);
  equal(berlin.localDateTime, '2021-06-06T08:00:00.000Z');
  equal(berlin.fileCreatedAt, '2021-06-06T06:00:00.000Z', 'the clock of Berlin');
  ok(berlin.thumbhash && berlin.hasMetadata && !berlin.isTrashed && !berlin.isFavorite);
  const tall = await sdk.getAssetInfo({ id: world.tall });
  equal([tall.width, tall.height], [480, 640], 'as displayed');
  equal([tall.exifInfo.exifImageWidth, tall.exifInfo.exifImageHeight, tall.exifInfo.orientation], [640, 480, '6']);
  const film = await sdk.getAssetInfo({ id: world.film });
  equal([film.type, film.duration], ['VIDEO', 1000]);
  await refused(sdk.getAssetInfo({ id: world.berlin }, world.asBob), 400, 'Not found or no asset.read access');
  await refused(sdk.getAssetInfo({ id: 'nonsense' }), 400, 'Validation failed');
  equal(await sdk.getAssetStatistics({}), { images: 4, videos: 1, total: 5 });
  equal(await sdk.getAssetStatistics({}, world.asBob), { images: 0, videos: 0, total: 0 });
}

async function files(world) {
  equal(await bytesOf(await sdk.downloadAsset({ id: world.berlin })), await file(world.folder, 'berlin.jpg'));
  const thumbnail = await bytesOf(await sdk.viewAsset({ id: world.berlin }));
  equal(thumbnail.toString('latin1', 8, 12), WEBP);
  ok(isJpeg(await bytesOf(await sdk.viewAsset({ id: world.berlin, size: 'preview' }))));
  ok(isJpeg(await bytesOf(await sdk.viewAsset({ id: world.berlin, size: 'fullsize' }))));
  const film = await bytesOf(await sdk.playAssetVideo({ id: world.film }));
  equal(film.toString('latin1', 4, 8), 'ftyp');
  const part = await fetch(`${world.address}/api${sdk.getAssetPlaybackPath(world.film)}?apiKey=${world.key}`, { headers: { range: 'bytes=0-9' } });
  equal([part.status, (await part.arrayBuffer()).byteLength], [206, 10]);
  await refused(sdk.downloadAsset({ id: world.berlin }, world.asBob), 400);
}

async function changes(world) {
  const changed = await sdk.updateAsset({ id: world.munich, updateAssetDto: { description: 'Beer garden', isFavorite: true, rating: 4 } });
  equal([changed.isFavorite, changed.exifInfo.description, changed.exifInfo.rating], [true, 'Beer garden', 4]);
  const kept = await sdk.updateAsset({ id: world.munich, updateAssetDto: { rating: null } });
  equal([kept.isFavorite, kept.exifInfo.description, kept.exifInfo.rating], [true, 'Beer garden', null]);
  await sdk.updateAsset({ id: world.munich, updateAssetDto: { dateTimeOriginal: '2021-06-08T12:00:00.000+02:00' } });
  await settle(world);
  equal((await sdk.getAssetInfo({ id: world.munich })).localDateTime, '2021-06-08T12:00:00.000Z');

  await sdk.updateAssets({ assetBulkUpdateDto: { ids: [world.tall, world.past], isFavorite: true, visibility: 'archive' } });
  equal((await sdk.getAssetStatistics({ visibility: 'archive' })).total, 2);
  const tall = await sdk.getAssetInfo({ id: world.tall });
  equal([tall.isArchived, tall.visibility], [true, 'archive']);
  await sdk.updateAssets({ assetBulkUpdateDto: { ids: [world.tall, world.past], isFavorite: false, visibility: 'timeline' } });
  await refused(sdk.updateAssets({ assetBulkUpdateDto: { ids: [world.tall], isFavorite: true } }, world.asBob), 400);

  const value = { cloudId: 'x', latitude: 1.5 };
  const [metadata] = await sdk.updateAssetMetadata({ id: world.berlin, assetMetadataUpsertDto: { items: [{ key: 'mobile-app', value }] } });
  equal([metadata.key, metadata.value], ['mobile-app', value]);
  const items = [world.berlin, world.munich].map((assetId) => ({ assetId, key: 'mobile-app', value: { cloudId: assetId } }));
  const bulk = await sdk.updateBulkAssetMetadata({ assetMetadataBulkUpsertDto: { items } });
  equal(bulk.map((one) => [one.assetId, one.value.cloudId]).sort(), items.map((one) => [one.assetId, one.assetId]).sort());
  equal((await sdk.getAssetMetadata({ id: world.berlin }))[0].value, { cloudId: world.berlin });
}

async function edits(world) {
  const before = await bytesOf(await sdk.viewAsset({ id: world.past, size: 'preview' }));
  const crop = { action: 'crop', parameters: { x: 0, y: 0, width: 320, height: 480 } };
  const edited = await sdk.editAsset({ id: world.past, assetEditsCreateDto: { edits: [crop, { action: 'rotate', parameters: { angle: 90 } }] } });
  equal([edited.assetId, edited.edits.map(({ action }) => action)], [world.past, ['crop', 'rotate']]);
  await settle(world);
  const after = await sdk.getAssetInfo({ id: world.past });
  equal([after.isEdited, after.width, after.height], [true, 480, 320]);
  ok(!before.equals(await bytesOf(await sdk.viewAsset({ id: world.past, size: 'preview', edited: true }))));
  equal(await bytesOf(await sdk.downloadAsset({ id: world.past })), await file(world.folder, 'past.jpg'), 'the original stays');
  await sdk.removeAssetEdits({ id: world.past });
  await settle(world);
  const undone = await sdk.getAssetInfo({ id: world.past });
  equal([undone.isEdited, undone.width, undone.height], [false, 640, 480]);
}

export default async function (world) {
  await uploads(world);
  await facts(world);
  await files(world);
  await changes(world);
  await edits(world);
}
