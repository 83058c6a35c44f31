import assert from 'node:assert/strict';
import { test } from 'node:test';
import { call, onBoth, tiles, visit } from './browser';

interface Found {
  assets: { items: { id: string }[] };
}

onBoth('the timeline shows photos by month', async ({ page, checkAccess }) => {
  await page.goto('/');
  await tiles(page).first().waitFor();
  await page.locator('[data-photo] img').first().waitFor();
  await page.waitForFunction(() => [...document.querySelectorAll<HTMLImageElement>('[data-photo] img')].some((image) => image.naturalWidth > 0));
  await page.getByRole('heading', { name: 'September 2024' }).waitFor();
  await checkAccess();
});

onBoth('archive, trash and locked folder', async ({ page, context, size, checkAccess }) => {
  const { assets } = await call<Found>(context, 'POST', '/search/metadata', { order: 'asc', isFavorite: false });
  const [first, second] = assets.items.slice(size === 'desktop' ? 0 : 2);
  assert.ok(first && second);
  await call(context, 'PUT', '/assets', { ids: [first.id], visibility: 'archive' });
  await call(context, 'DELETE', '/assets', { ids: [second.id] });
  await page.goto('/archive');
  await page.locator(`[data-photo="${first.id}"]`).waitFor();
  await checkAccess();
  await page.goto('/trash');
  await page.locator(`[data-photo="${second.id}"]`).waitFor();
  await checkAccess();
  await page.goto('/locked');
  await page.getByRole('heading').first().waitFor();
  await checkAccess();
  await call(context, 'PUT', '/assets', { ids: [first.id], visibility: 'timeline' });
  await call(context, 'POST', '/trash/restore/assets', { ids: [second.id] });
});

test('a lost server is said and waited for', () =>
  visit('desktop', async ({ page, context }) => {
    await page.goto('/');
    await tiles(page).first().waitFor();
    await context.setOffline(true);
    await page.getByRole('link', { name: 'Albums' }).first().click();
    await page.getByText('The server does not answer').waitFor();
    await context.setOffline(false);
    await page.getByText('The server does not answer').waitFor({ state: 'hidden' });
    await page.getByRole('heading', { name: 'Albums', exact: true }).waitFor();
  }));
