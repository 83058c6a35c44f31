import assert from 'node:assert/strict';
import { call, onBoth, tiles } from './browser';

interface Found {
  assets: { items: { id: string }[] };
}

const PIN = '204060';

onBoth('the locked folder opens with the PIN, and closes however it is left', async ({ page, context, size, checkAccess }) => {
  const { assets } = await call<Found>(context, 'POST', '/search/metadata', { order: 'asc', visibility: 'timeline', type: 'IMAGE' });
  const photo = assets.items[size === 'desktop' ? 0 : 1];
  assert.ok(photo);
  const locked = page.locator(`[data-photo="${photo.id}"]`);
  const field = page.getByLabel('PIN', { exact: true });
  const open = async (pin: string) => {
    await field.fill(pin);
    await page.getByRole('button', { name: 'Open', exact: true }).click();
  };

  await page.goto('/locked');
  if (size === 'desktop') {
    // Nobody has a PIN at first.
    await field.fill(PIN);
    await page.getByLabel('PIN once more').fill(PIN);
    await checkAccess();
    await page.getByRole('button', { name: 'Set PIN and open' }).click();
    await page.getByText('Nothing locked').waitFor();
  }
  await call(context, 'POST', '/auth/session/unlock', { pinCode: PIN });
  await call(context, 'PUT', '/assets', { ids: [photo.id], visibility: 'locked' });

  // The session is open still; the page that is only now loaded is not.
  await page.goto('/locked');
  await field.waitFor();
  assert.equal(await locked.count(), 0);
  await open('111111');
  await page.getByText('That is not the PIN').waitFor();
  await checkAccess();
  await open(PIN);
  await locked.locator('img').waitFor();
  await checkAccess();

  // By a link.
  await page.getByRole('link', { name: 'Albums' }).first().click();
  await page.getByRole('heading', { name: 'Albums', exact: true }).waitFor();
  await page.goBack();
  await field.waitFor();
  assert.equal(await locked.count(), 0);

  // By an address, and back through the history: no copy of the page may come back open.
  await open(PIN);
  await locked.locator('img').waitFor();
  await page.goto('/albums');
  await page.getByRole('heading', { name: 'Albums', exact: true }).waitFor();
  const { isElevated } = await call<{ isElevated: boolean }>(context, 'GET', '/auth/status');
  assert.equal(isElevated, false, 'the server knows it, too');
  await page.goBack();
  await field.waitFor();
  assert.equal(await locked.count(), 0);

  // By loading the page again.
  await open(PIN);
  await locked.locator('img').waitFor();
  await page.reload();
  await field.waitFor();
  assert.equal(await locked.count(), 0);

  // Nothing of it stays on the device.
  const kept = await page.evaluate(async (id) => {
    const caches = await Promise.all((await window.caches.keys()).map((name) => window.caches.open(name)));
    const requests = (await Promise.all(caches.map((cache) => cache.keys()))).flat();
    return requests.map((request) => request.url).filter((url) => url.includes(id));
  }, photo.id);
  assert.deepEqual(kept, []);

  await open(PIN);
  await locked.locator('img').waitFor();
  await call(context, 'PUT', '/assets', { ids: [photo.id], visibility: 'timeline' });
  await page.goto('/');
  await tiles(page).first().waitFor();
}, { hasWorker: true });
