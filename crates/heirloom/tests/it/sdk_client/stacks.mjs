// Stacks, and what is copied from one photo to another.
import { equal, refused, sdk } from './world.mjs';

export default async function (world) {
  const stack = await sdk.createStack({ stackCreateDto: { assetIds: [world.munich, world.berlin] } });
  equal([stack.primaryAssetId, stack.assets[0].id], [world.munich, world.munich]);
  equal(stack.assets.map(({ id }) => id).sort(), [world.berlin, world.munich].sort());
  const berlin = await sdk.getAssetInfo({ id: world.berlin });
  equal(berlin.stack, { id: stack.id, primaryAssetId: world.munich, assetCount: 2 });
  const [june] = (await sdk.getTimeBuckets({ withStacked: true, visibility: 'timeline' })).filter(({ timeBucket }) => timeBucket.startsWith('2021-06'));
  equal(june.count, 1, 'a stack counts once');
  const bucket = await sdk.getTimeBucket({ timeBucket: june.timeBucket, withStacked: true, visibility: 'timeline' });
  equal(bucket.stack, [[stack.id, '2']]);

  await sdk.updateAsset({ id: world.berlin, updateAssetDto: { isFavorite: true } });
  await sdk.copyAsset({ assetCopyDto: { sourceId: world.berlin, targetId: world.tall, albums: true, favorite: true, sharedLinks: true, stack: false } });
  const tall = await sdk.getAssetInfo({ id: world.tall });
  equal([tall.isFavorite, tall.stack ?? null], [true, null]);
  equal((await sdk.getAllAlbums({ assetId: world.tall })).map(({ id }) => id), [world.album]);
  await refused(sdk.copyAsset({ assetCopyDto: { sourceId: world.berlin, targetId: world.tall } }, world.asBob), 400);

  await sdk.deleteStacks({ bulkIdsDto: { ids: [stack.id] } });
  equal((await sdk.getAssetInfo({ id: world.berlin })).stack ?? null, null);
}
