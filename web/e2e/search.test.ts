import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { call, onBoth, somePhotos, tiles, until, visit } from './browser';

onBoth('filters that find nothing are said, and widened with one press', async ({ page, checkAccess }) => {
  await page.goto('/search');
  await page.getByRole('button', { name: 'Filters' }).click();
  const filters = page.getByRole('dialog', { name: 'Filters' });
  await filters.getByLabel('Kind').selectOption({ label: 'Photos' });
  await filters.getByLabel('From').fill('1999-01-01');
  await filters.getByLabel('To').fill('1999-12-31');
  await checkAccess();
  await filters.getByRole('button', { name: 'Show' }).click();
  await page.getByRole('heading', { name: 'Nothing found' }).waitFor();
  await page.getByText('Fewer filters find more').waitFor();
  await checkAccess();
  await page.getByRole('button', { name: 'Without filters' }).click();
  // Nothing is asked for any more: the page to begin at.
  await page.getByText('Fewer filters find more').waitFor({ state: 'hidden' });
  await page.goto('/search?type=IMAGE&takenAfter=1999-01-01&takenBefore=1999-12-31');
  await page.getByRole('button', { name: /^Remove “since/ }).click();
  await page.getByRole('button', { name: /^Remove “until/ }).click();
  await tiles(page).first().waitFor();
});

onBoth('what is found is put in order of time, and narrowed by a tag', async ({ page, context, size, checkAccess }) => {
  const photos = await somePhotos(context);
  const [old, middle, young] = [photos[1], photos[6], photos[12]].map((photo) => photo?.id ?? '');
  const ids = [middle, young, old];
  await call(context, 'PUT', '/assets', { ids, description: `Reunion ${size}` });
  const [tag] = await call<{ id: string }[]>(context, 'PUT', '/tags', { tags: [`Family ${size}`] });
  await call(context, 'PUT', `/tags/${tag?.id}/assets`, { ids: [old] });
  await page.goto('/search');
  await page.getByRole('searchbox').fill(`reunion ${size}`);
  await page.keyboard.press('Enter');
  await tiles(page).nth(2).waitFor();
  await page.getByRole('button', { name: 'Newest first' }).click();
  await page.locator('section h2').first().waitFor();
  await tiles(page).nth(2).waitFor();
  const order = await tiles(page).evaluateAll((all) => all.map((one) => (one as HTMLElement).dataset['photo']));
  assert.deepEqual(order, [young, middle, old]);
  await checkAccess();

  await page.getByRole('button', { name: 'Filters' }).click();
  const filters = page.getByRole('dialog', { name: 'Filters' });
  await filters.getByLabel('Tags').selectOption(`Family ${size}`);
  await filters.getByRole('button', { name: `Remove “Family ${size}”` }).waitFor();
  await checkAccess();
  await filters.getByRole('button', { name: 'Show' }).click();
  await page.locator(`[data-photo="${young}"]`).waitFor({ state: 'detached' });
  await page.locator(`[data-photo="${old}"]`).waitFor();
  assert.equal(await tiles(page).count(), 1);
  await page.getByRole('button', { name: `Remove “Family ${size}”` }).click();
  await tiles(page).nth(2).waitFor();
  await call(context, 'PUT', '/assets', { ids, description: '' });
  await call(context, 'DELETE', `/tags/${tag?.id}`);
});

test('a search begins with the people and places there are; the map shows where', () =>
  visit('desktop', async ({ page, context, checkAccess }) => {
    const [photo] = await somePhotos(context);
    await call(context, 'PUT', '/assets', { ids: [photo?.id], latitude: 48.8566, longitude: 2.3522 });
    const city = async () => (await call<{ exifInfo: { city: string | null } }>(context, 'GET', `/assets/${photo?.id}`)).exifInfo.city;
    await until(city);
    const person = await call<{ id: string }>(context, 'POST', '/people', { name: 'Edith' });
    await call(context, 'POST', '/faces', { assetId: photo?.id, personId: person.id, imageWidth: 900, imageHeight: 900, x: 100, y: 100, width: 200, height: 200 });
    await page.goto('/search');
    await page.getByRole('link', { name: 'Edith' }).waitFor();
    await checkAccess();
    await page.getByRole('link', { name: (await city()) ?? '-', exact: true }).click();
    await page.getByRole('button', { name: `Remove “${await city()}”` }).waitFor();
    await page.locator(`[data-photo="${photo?.id}"]`).waitFor();
    assert.equal(await tiles(page).count(), 1);

    await page.goto('/map');
    await page.getByRole('button', { name: `${await city()}: 1 photo` }).click();
    await page.locator(`[data-photo="${photo?.id}"]`).waitFor();
    await checkAccess();
    await call(context, 'DELETE', `/people/${person.id}`);
  }));

/** A picture of one colour. */
const PIXEL = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNgSDj7HwAEVQJzvYVCUAAAAABJRU5ErkJggg==', 'base64');

/** The colour in the middle of the map. */
const middle = (page: Page) =>
  page.evaluate(() => {
    const canvas = document.querySelector<HTMLCanvasElement>('.map canvas');
    return [...(canvas?.getContext('2d')?.getImageData(canvas.width / 2 - 30, canvas.height / 2 - 30, 1, 1).data ?? [])].slice(0, 3).join();
  });

onBoth('tiles of the configured server lie beneath the photos, with whose they are; where one fails, the packaged map shows', async ({ page, context, checkAccess }) => {
  const [photo] = await somePhotos(context);
  await call(context, 'PUT', '/assets', { ids: [photo?.id], latitude: 48.8566, longitude: 2.3522 });
  await page.goto('/map?at=48.8566,2.3522');
  await page.getByText('Natural Earth').waitFor();
  const ground = async () => page.locator('.map canvas').evaluate(() => new Promise((resolve) => setTimeout(resolve, 300))).then(() => middle(page));
  const packaged = await ground();

  await page.route('**/api/map/tiles', (route) => route.fulfill({ json: { enabled: true, attribution: '© Somebody who draws maps', maxZoom: 10 } }));
  const asked: string[] = [];
  let isDown = true;
  await page.route('**/api/map/tiles/*/**', (route) => {
    asked.push(new URL(route.request().url()).pathname.replace('/api/map/tiles/', ''));
    return isDown ? route.fulfill({ status: 502, body: '' }) : route.fulfill({ body: PIXEL, contentType: 'image/png' });
  });
  await page.reload();
  await page.getByText('© Somebody who draws maps').waitFor();
  await until(async () => asked.length > 0);
  assert.equal(await ground(), packaged, 'what fails leaves the packaged map');
  await checkAccess();
  isDown = false;
  asked.length = 0;
  await page.reload();
  await until(async () => (await middle(page)) !== packaged && asked.length > 3);
  assert.ok(asked.every((path) => /^light\/10\/\d+\/\d+$/.test(path)), asked.join(' '));
  await page.emulateMedia({ colorScheme: 'dark' });
  await until(async () => asked.some((path) => path.startsWith('dark/')));
  await page.unrouteAll({ behavior: 'ignoreErrors' });
});

test('a small map that does not come says so, and what else is known of the photo stands', () =>
  visit('desktop', async ({ page, context, checkAccess }) => {
    const [photo] = await somePhotos(context);
    await call(context, 'PUT', '/assets', { ids: [photo?.id], latitude: 48.8566, longitude: 2.3522 });
    for (const what of ['**/assets/MapCanvas*.js', '**/assets/countries*.json']) {
      await page.route(what, (route) => route.abort('failed'));
      await page.goto(`/?photo=${photo?.id}`);
      const viewer = page.getByRole('dialog', { name: 'Photo viewer' });
      await viewer.getByRole('button', { name: 'Info' }).click();
      const panel = viewer.getByRole('complementary', { name: 'Info' });
      await panel.getByText('The map could not be loaded').waitFor();
      await panel.getByText(/photo \d.*\.jpg/).waitFor();
      await panel.getByRole('link', { name: /48\.8566/ }).waitFor();
      await checkAccess();
      await page.unrouteAll({ behavior: 'ignoreErrors' });
      await panel.getByRole('button', { name: 'Try again' }).click();
      await panel.locator('.small-map canvas').waitFor();
      await page.evaluate(() => localStorage.removeItem('viewer.info'));
    }
  }));
