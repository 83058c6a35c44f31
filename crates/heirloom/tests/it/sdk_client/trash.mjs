// The trash, last of all.
import { equal, refused, sdk } from './world.mjs';

export default async function (world) {
  const trashed = async () => (await sdk.getAssetStatistics({ isTrashed: true })).total;
  await sdk.deleteAssets({ assetBulkDeleteDto: { ids: [world.berlin, world.munich, world.tall] } });
  equal(await trashed(), 3);
  equal((await sdk.getAssetInfo({ id: world.berlin })).isTrashed, true);
  equal((await sdk.getTimeBuckets({ isTrashed: true })).reduce((sum, { count }) => sum + count, 0), 3);
  equal(await sdk.restoreAssets({ bulkIdsDto: { ids: [world.berlin] } }), { count: 1 });
  equal((await sdk.getAssetInfo({ id: world.berlin })).isTrashed, false);
  equal(await sdk.restoreTrash(), { count: 2 });
  equal(await trashed(), 0);
  await refused(sdk.deleteAssets({ assetBulkDeleteDto: { ids: [world.berlin] } }, world.asBob), 400);

  await sdk.deleteAssets({ assetBulkDeleteDto: { ids: [world.tall] } });
  equal(await sdk.emptyTrash(), { count: 1 });
  equal(await trashed(), 0);
  await refused(sdk.getAssetInfo({ id: world.tall }), 400);
  await sdk.deleteAssets({ assetBulkDeleteDto: { ids: [world.film], force: true } });
  await refused(sdk.getAssetInfo({ id: world.film }), 400);
  equal(await sdk.getAssetStatistics({}), { images: 3, videos: 0, total: 3 });
}
