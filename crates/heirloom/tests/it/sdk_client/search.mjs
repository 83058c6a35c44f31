// Looking for photos.
import { equal, ok, refused, sdk } from './world.mjs';

const ids = (answer) => answer.assets.items.map(({ id }) => id);

export default async function (world) {
  const find = (metadataSearchDto) => sdk.searchAssets({ metadataSearchDto });
  const all = await find({});
  equal([all.assets.items.length, all.assets.nextPage], [5, null]);
  const page = await find({ size: 2, page: 1 });
  equal([page.assets.items.length, page.assets.count, page.assets.nextPage], [2, 2, '2']);
  const pages = [...ids(page), ...ids(await find({ size: 2, page: 2 })), ...ids(await find({ size: 2, page: 3 }))];
  equal(pages.toSorted(), ids(all).toSorted(), 'every photo once');
  equal(ids(await find({ city: 'Berlin' })), [world.berlin]);
  equal(ids(await find({ originalFileName: 'munich' })), [world.munich]);
  equal(ids(await find({ type: 'VIDEO' })), [world.film]);
  equal(ids(await find({ isFavorite: true })), [world.munich]);
  equal(ids(await find({ takenAfter: '2021-06-07T00:00:00.000Z', takenBefore: '2021-06-30T00:00:00.000Z' })), [world.munich]);
  equal(ids(await find({ description: 'beer' })), [world.munich]);
  const berlin = await sdk.getAssetInfo({ id: world.berlin });
  equal(ids(await find({ checksum: berlin.checksum })), [world.berlin]);
  equal(ids(await find({ id: world.berlin })), [world.berlin]);
  equal((await find({ id: world.berlin, withExif: true })).assets.items[0].exifInfo.city, 'Berlin');
  await refused(find({ albumIds: [crypto.randomUUID()] }), 400, 'Not found or no album.read access');
  await refused(find({ size: -1 }), 400);

  const random = await sdk.searchRandom({ randomSearchDto: { size: 3 } });
  equal(new Set(random.map(({ id }) => id)).size, 3);
  equal((await sdk.searchRandom({ randomSearchDto: { country: 'Germany', size: 10 } })).length, 2);
  equal(await sdk.searchRandom({ randomSearchDto: {} }, world.asBob), []);
  // Without models what is written still counts: names of files, descriptions.
  const smart = await sdk.searchSmart({ smartSearchDto: { query: 'beer garden' } });
  equal([ids(smart), smart.assets.nextPage], [[world.munich], null]);

  const suggest = (more) => sdk.getSearchSuggestions(more);
  equal(await suggest({ $type: 'country' }), ['Germany']);
  const cities = await suggest({ $type: 'city', country: 'Germany' });
  ok(cities.includes('Berlin') && cities.length === 2, String(cities));
  equal(await suggest({ $type: 'camera-make' }), []);
  const byCity = await sdk.getAssetsByCity();
  equal(byCity.map(({ exifInfo }) => exifInfo.city).sort(), cities.toSorted());
  const explore = await sdk.getExploreData();
  const places = explore.find(({ fieldName }) => fieldName === 'exifInfo.city');
  if (places) ok(places.items.every(({ value, data }) => value && data.id));
}
