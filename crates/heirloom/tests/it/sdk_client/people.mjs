// People and their faces, given by hand.
import { bytesOf, equal, ok, refused, sdk, settle } from './world.mjs';

export default async function (world) {
  const anna = await sdk.createPerson({ personCreateDto: { name: 'Anna' } });
  const face = { assetId: world.berlin, personId: anna.id, imageWidth: 640, imageHeight: 480, x: 100, y: 80, width: 200, height: 240 };
  await sdk.createFace({ assetFaceCreateDto: face });
  await settle(world);
  const [found] = await sdk.getFaces({ id: world.berlin });
  equal([found.person.name, found.imageWidth, found.imageHeight], ['Anna', 640, 480]);
  equal([found.boundingBoxX1, found.boundingBoxY1, found.boundingBoxX2, found.boundingBoxY2], [100, 80, 300, 320]);
  equal(await sdk.getFaces({ id: world.munich }), []);

  const people = await sdk.getAllPeople({});
  equal([people.total, people.hidden, people.people.length], [1, 0, 1]);
  const person = await sdk.getPerson({ id: anna.id });
  equal([person.name, person.birthDate, person.isHidden], ['Anna', null, false]);
  equal(await sdk.getPersonStatistics({ id: anna.id }), { assets: 1 });
  ok((await bytesOf(await sdk.getPersonThumbnail({ id: anna.id }))).length > 100);
  equal((await sdk.getAssetInfo({ id: world.berlin })).people.map(({ name }) => name), ['Anna']);

  const changed = await sdk.updatePerson({ id: anna.id, personUpdateDto: { name: 'Anna Smith', birthDate: '1990-05-06', isFavorite: true } });
  equal([changed.name, changed.birthDate, changed.isFavorite], ['Anna Smith', '1990-05-06', true]);
  equal((await sdk.searchPerson({ name: 'smi' })).map(({ id }) => id), [anna.id]);
  equal(await sdk.searchPerson({ name: 'nobody' }), []);
  await sdk.updatePerson({ id: anna.id, personUpdateDto: { isHidden: true } });
  const shown = await sdk.getAllPeople({ withHidden: false });
  equal([shown.people.length, shown.hidden], [0, 1]);
  equal((await sdk.getAllPeople({ withHidden: true })).people.length, 1);
  await sdk.updatePerson({ id: anna.id, personUpdateDto: { isHidden: false, birthDate: null } });
  equal((await sdk.getPerson({ id: anna.id })).birthDate, null);
  await refused(sdk.getPerson({ id: anna.id }, world.asBob), 400, 'Not found or no person.read access');
  equal((await sdk.getAllPeople({}, world.asBob)).total, 0);
  const { assets } = await sdk.searchAssets({ metadataSearchDto: { personIds: [anna.id], withPeople: true } });
  equal(assets.items.map(({ id }) => id), [world.berlin]);
}
