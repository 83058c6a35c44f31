// Comments, partners and links.
import { equal, ok, refused, sdk } from './world.mjs';

async function activities(world) {
  const albumId = world.album;
  const comment = await sdk.createActivity({ activityCreateDto: { albumId, type: 'comment', comment: 'Lovely' } }, world.asBob);
  equal([comment.comment, comment.assetId, comment.user.id], ['Lovely', null, world.bob.id]);
  const like = await sdk.createActivity({ activityCreateDto: { albumId, assetId: world.berlin, type: 'like' } }, world.asBob);
  equal([like.type, like.assetId], ['like', world.berlin]);
  equal(await sdk.getActivityStatistics({ albumId }), { comments: 1, likes: 1 });
  equal(await sdk.getActivityStatistics({ albumId, assetId: world.berlin }), { comments: 0, likes: 1 });
  equal((await sdk.getActivities({ albumId })).map(({ type }) => type).sort(), ['comment', 'like']);
  equal((await sdk.getActivities({ albumId, $type: 'comment' })).map(({ id }) => id), [comment.id]);
  equal((await sdk.getActivities({ albumId, level: 'album' })).map(({ id }) => id), [comment.id]);
  equal(await sdk.getActivities({ albumId, userId: world.ada.id }), []);
  await sdk.deleteActivity({ id: like.id }, world.asBob);
  equal((await sdk.getActivityStatistics({ albumId })).likes, 0);
  await sdk.removeUserFromAlbum({ id: albumId, userId: world.bob.id });
  await refused(sdk.getActivities({ albumId }, world.asBob), 400);
}

async function partners(world) {
  const partner = await sdk.createPartner({ partnerCreateDto: { sharedWithId: world.bob.id } });
  equal([partner.id, partner.email], [world.bob.id, 'bob@example.org']);
  await refused(sdk.createPartner({ partnerCreateDto: { sharedWithId: world.bob.id } }), 400);
  equal((await sdk.getPartners({ direction: 'shared-by' })).map(({ id }) => id), [world.bob.id]);
  equal((await sdk.getPartners({ direction: 'shared-with' }, world.asBob)).map(({ id }) => id), [world.ada.id]);
  const shown = await sdk.updatePartner({ id: world.ada.id, partnerUpdateDto: { inTimeline: true } }, world.asBob);
  equal(shown.inTimeline, true);
  const buckets = await sdk.getTimeBuckets({ withPartners: true, visibility: 'timeline' }, world.asBob);
  equal(buckets.reduce((sum, { count }) => sum + count, 0), 5);
  await sdk.removePartner({ id: world.bob.id });
  equal(await sdk.getPartners({ direction: 'shared-with' }, world.asBob), []);
  await refused(sdk.getAssetInfo({ id: world.berlin }, world.asBob), 400);
}

async function links(world) {
  const visit = (link) => fetch(`${world.address}/api/shared-links/me?key=${link.key}`);
  const album = await sdk.createSharedLink({ sharedLinkCreateDto: { type: 'ALBUM', albumId: world.album, slug: 'journey', allowUpload: false } });
  equal([album.type, album.album.id, album.slug, album.password, album.userId], ['ALBUM', world.album, 'journey', null, world.ada.id]);
  equal((await (await visit(album)).json()).album.albumName, 'Journey');
  equal((await sdk.getAssetInfo({ id: world.berlin, key: album.key }, { headers: { 'x-api-key': '' } })).id, world.berlin);
  const chosen = await sdk.createSharedLink({ sharedLinkCreateDto: { type: 'INDIVIDUAL', assetIds: [world.munich], showMetadata: false } });
  equal([chosen.assets.map(({ id }) => id), chosen.showMetadata, chosen.allowUpload], [[world.munich], false, false]);
  equal((await sdk.getAllSharedLinks({})).map(({ id }) => id).sort(), [album.id, chosen.id].sort());
  equal((await sdk.getAllSharedLinks({ albumId: world.album })).map(({ id }) => id), [album.id]);

  const locked = await sdk.updateSharedLink({ id: album.id, sharedLinkEditDto: { password: 'sesame', description: 'For friends' } });
  equal([locked.description, locked.slug], ['For friends', 'journey']);
  equal((await visit(album)).status, 401);
  const open = await sdk.updateSharedLink({ id: album.id, sharedLinkEditDto: { password: null, description: null } });
  equal([open.password, open.description], [null, null]);
  equal((await visit(album)).status, 200);
  await refused(sdk.updateSharedLink({ id: album.id, sharedLinkEditDto: {} }, world.asBob), 400);
  for (const { id } of [album, chosen]) await sdk.removeSharedLink({ id });
  equal(await sdk.getAllSharedLinks({}), []);
  equal((await visit(album)).status, 401);
}

export default async function (world) {
  await activities(world);
  await partners(world);
  await links(world);
}
