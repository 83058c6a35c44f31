// Tags in a hierarchy.
import { equal, ok, refused, sdk } from './world.mjs';

export default async function (world) {
  const made = await sdk.upsertTags({ tagUpsertDto: { tags: ['Travel/Germany', 'Work'] } });
  equal(made.map(({ value, name }) => [value, name]), [['Travel/Germany', 'Germany'], ['Work', 'Work']]);
  equal((await sdk.upsertTags({ tagUpsertDto: { tags: ['Work'] } }))[0].id, made[1].id, 'there already');
  const all = await sdk.getAllTags();
  equal(all.map(({ value }) => value), ['Travel', 'Travel/Germany', 'Work']);
  const [germany, work] = made;
  equal(germany.parentId, all[0].id);
  equal((await sdk.getTagById({ id: germany.id })).value, 'Travel/Germany');

  const tagged = await sdk.tagAssets({ id: germany.id, bulkIdsDto: { ids: [world.berlin, world.berlin, crypto.randomUUID()] } });
  equal(tagged.map(({ success, error }) => [success, error]), [[true, undefined], [false, 'duplicate'], [false, 'no_permission']]);
  equal(await sdk.bulkTagAssets({ tagBulkAssetsDto: { tagIds: [germany.id, work.id], assetIds: [world.berlin, world.munich] } }), { count: 3 });
  const { assets } = await sdk.searchAssets({ metadataSearchDto: { tagIds: [work.id] } });
  equal(assets.items.map(({ id }) => id).sort(), [world.berlin, world.munich].sort());
  equal((await sdk.getAssetInfo({ id: world.munich })).tags.map(({ value }) => value).sort(), ['Travel/Germany', 'Work']);
  const untagged = await sdk.untagAssets({ id: work.id, bulkIdsDto: { ids: [world.munich, world.film] } });
  equal(untagged.map(({ success, error }) => [success, error]), [[true, undefined], [false, 'not_found']]);
  await refused(sdk.getTagById({ id: work.id }, world.asBob), 400, 'Not found or no tag.read access');
  ok((await sdk.getTimeBuckets({ tagId: work.id })).length === 1);
}
