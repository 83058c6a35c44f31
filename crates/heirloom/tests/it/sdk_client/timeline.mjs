// Months, the map and folders.
import { equal, ok, sdk } from './world.mjs';

export default async function (world) {
  const buckets = await sdk.getTimeBuckets({ visibility: 'timeline', withStacked: true });
  const june = buckets.find(({ timeBucket }) => timeBucket.startsWith('2021-06-01'));
  equal(june.count, 2);
  equal(buckets.reduce((sum, { count }) => sum + count, 0), 5);
  const times = buckets.map(({ timeBucket }) => timeBucket);
  equal(times, times.toSorted().reverse(), 'the newest first');
  const ascending = await sdk.getTimeBuckets({ order: 'asc' });
  equal(ascending.map(({ timeBucket }) => timeBucket), times.toReversed());

  const bucket = await sdk.getTimeBucket({ timeBucket: june.timeBucket, withCoordinates: true });
  equal(bucket.id, [world.munich, world.berlin]);
  for (const [name, column] of Object.entries(bucket)) equal(column.length, 2, name);
  equal(bucket.isFavorite, [true, false]);
  equal(bucket.isImage, [true, true]);
  equal(bucket.city[1], 'Berlin');
  ok(Math.abs(bucket.latitude[1] - 52.52) < 0.01 && Math.abs(bucket.ratio[0] - 4 / 3) < 0.01);
  equal([bucket.localOffsetHours[1], bucket.duration, bucket.visibility], [2, [null, null], ['timeline', 'timeline']]);
  equal((await sdk.getTimeBucket({ timeBucket: june.timeBucket, isFavorite: true })).id, [world.munich]);
  equal(await sdk.getTimeBuckets({}, world.asBob), []);

  const markers = await sdk.getMapMarkers({});
  equal(markers.map(({ id }) => id).sort(), [world.berlin, world.munich].sort());
  const berlin = markers.find(({ id }) => id === world.berlin);
  equal([berlin.city, berlin.country], ['Berlin', 'Germany']);
  ok(Math.abs(berlin.lat - 52.52) < 0.01 && Math.abs(berlin.lon - 13.405) < 0.01);
  equal((await sdk.getMapMarkers({ isFavorite: true })).map(({ id }) => id), [world.munich]);
  equal(await sdk.getMapMarkers({ fileCreatedAfter: '2040-01-01T00:00:00.000Z' }), []);

  const paths = await sdk.getUniqueOriginalPaths();
  const berlinPath = (await sdk.getAssetInfo({ id: world.berlin })).originalPath;
  const folder = berlinPath.slice(0, berlinPath.lastIndexOf('/'));
  ok(paths.includes(folder), `${folder} is not in ${paths}`);
  equal((await sdk.getAssetsByOriginalPath({ path: folder })).map(({ id }) => id), [world.berlin]);
  equal(await sdk.getAssetsByOriginalPath({ path: 'nowhere' }), []);
}
