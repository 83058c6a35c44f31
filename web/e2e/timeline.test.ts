import assert from 'node:assert/strict';
import { test } from 'node:test';
import { call, onBoth, somePhotos, tiles, visit } from './browser';

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
}, { hasWorker: true });

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

test('photos are chosen by dragging, and come as one file', () =>
  visit('desktop', async ({ page }) => {
    await page.goto('/');
    await tiles(page).nth(3).waitFor();
    const middle = async (at: number) => {
      const box = await tiles(page).nth(at).boundingBox();
      return [(box?.x ?? 0) + (box?.width ?? 0) / 2, (box?.y ?? 0) + (box?.height ?? 0) / 2] as const;
    };
    await page.mouse.move(...(await middle(0)));
    await page.mouse.down();
    await page.mouse.move(...(await middle(1)), { steps: 5 });
    await page.mouse.move(...(await middle(2)), { steps: 5 });
    await page.getByRole('toolbar').getByText('3 items').waitFor();
    await page.mouse.up();
    const download = page.waitForEvent('download');
    await page.getByRole('toolbar').getByRole('button', { name: 'Download' }).click();
    assert.equal((await download).suggestedFilename(), 'Heirloom.zip');
    await page.getByRole('toolbar').waitFor({ state: 'hidden' });
  }));

onBoth('the line of dates leads to any month', async ({ page, size }) => {
  await page.goto('/');
  await tiles(page).first().waitFor();
  const dates = page.getByRole('slider', { name: 'Date' });
  const box = await dates.boundingBox();
  assert.ok(box);
  await page.mouse.move(box.x + box.width / 2, box.y + 4);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height, { steps: 4 });
  await page.mouse.up();
  await page.getByRole('heading', { name: 'March 2020' }).waitFor();
  if (size === 'phone') return;
  await dates.focus();
  await page.keyboard.press('Home');
  await page.getByRole('heading', { name: 'September 2024' }).waitFor();
});

onBoth('what was added last comes first, whenever it was taken', async ({ page, context, checkAccess }) => {
  const { assets } = await call<Found>(context, 'POST', '/search/metadata', { size: 1000 });
  const details = await Promise.all(assets.items.map(({ id }) => call<{ id: string; createdAt: string }>(context, 'GET', `/assets/${id}`)));
  const newest = details.reduce((one, other) => (other.createdAt > one.createdAt ? other : one));
  await page.goto('/recent');
  await tiles(page).first().waitFor();
  assert.equal(await tiles(page).first().getAttribute('data-photo'), newest.id);
  await checkAccess();
});

onBoth('favourites, folders and large files show what they hold', async ({ page, context, checkAccess }) => {
  const [photo] = await somePhotos(context);
  await call(context, 'PUT', '/assets', { ids: [photo?.id], isFavorite: true });
  await page.goto('/favorites');
  await page.locator(`[data-photo="${photo?.id}"]`).waitFor();
  await checkAccess();
  await page.goto('/large-files');
  await tiles(page).first().waitFor();
  await page.getByText(/^Your \d+ largest files/).waitFor();
  await checkAccess();
  await page.goto('/folders');
  await page.locator('main ul a').first().waitFor();
  await checkAccess();
  await call(context, 'PUT', '/assets', { ids: [photo?.id], isFavorite: false });
});
