import assert from 'node:assert/strict';
import { call, onBoth, tiles } from './browser';

interface Person {
  id: string;
  name: string;
}

onBoth('two people that are one are merged', async ({ page, context, size, checkAccess }) => {
  const { assets } = await call<{ assets: { items: { id: string }[] } }>(context, 'POST', '/search/metadata', { type: 'IMAGE', order: 'desc' });
  const names = [`Grace ${size}`, `G. Hopper ${size}`];
  const people: Person[] = [];
  for (const [at, name] of names.entries()) {
    const person = await call<Person>(context, 'POST', '/people', { name });
    const face = { assetId: assets.items[at]?.id, personId: person.id, imageWidth: 900, imageHeight: 900, x: 100, y: 100, width: 200, height: 200 };
    await call(context, 'POST', '/faces', face);
    people.push(person);
  }
  await page.goto('/people');
  await page.getByRole('link', { name: names[0] }).waitFor();
  await checkAccess();
  await page.getByRole('button', { name: 'Merge people' }).click();
  for (const name of names) await page.getByRole('button', { name, exact: true }).click();
  await page.getByText('2 people chosen').waitFor();
  await checkAccess();
  await page.getByRole('button', { name: 'Merge', exact: true }).click();
  const question = page.getByRole('dialog', { name: 'Are these 2 the same person?' });
  await question.getByText(`All their photos will be those of Grace ${size}`).waitFor();
  await question.getByRole('button', { name: 'Merge' }).click();
  await page.getByText('Merged', { exact: true }).waitFor();
  await page.getByRole('link', { name: names[1] }).waitFor({ state: 'detached' });
  await page.getByRole('link', { name: names[0] }).click();
  await page.getByRole('heading', { name: names[0] }).waitFor();
  await tiles(page).nth(1).waitFor();
  assert.equal(await tiles(page).count(), 2);
  await checkAccess();
  await call(context, 'DELETE', `/people/${people[0]?.id}`);
});
