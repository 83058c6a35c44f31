import assert from 'node:assert/strict';
import { test } from 'node:test';
import { call, onBoth, tiles, visit } from './browser';
test('an address of a photo opens it, and "back" leaves it', () =>
  visit('desktop', async ({ page }) => {
    await page.goto('/');
    await tiles(page).first().waitFor();
    const id = await tiles(page).nth(3).getAttribute('data-photo');
    await page.goto(`/?photo=${id}`);
    const viewer = page.getByRole('dialog', { name: 'Photo viewer' });
    await viewer.waitFor();
    await viewer.getByRole('button', { name: 'Close' }).click();
    await viewer.waitFor({ state: 'hidden' });
    await tiles(page).first().waitFor();
  }));

onBoth('a description is written in the info panel and stays', async ({ page, context, size, checkAccess }) => {
  await page.goto('/');
  await tiles(page).first().waitFor();
  const id = await tiles(page).nth(1).getAttribute('data-photo');
  await tiles(page).nth(1).locator('[data-open]').click();
  const viewer = page.getByRole('dialog', { name: 'Photo viewer' });
  await viewer.getByRole('button', { name: 'Info' }).click();
  const panel = viewer.getByRole('complementary', { name: 'Info' });
  const text = `Seen from the ${size} – schön, 写真`;
  const field = panel.getByLabel('Description');
  await field.fill(text);
  await checkAccess();
  await panel.getByRole('heading', { name: 'Info' }).click();
  await page.getByText('Description saved').waitFor();
  const { exifInfo } = await call<{ exifInfo: { description: string } }>(context, 'GET', `/assets/${id}`);
  assert.equal(exifInfo.description, text);
  await page.reload();
  await viewer.waitFor();
  await page.waitForFunction((wanted) => document.querySelector<HTMLTextAreaElement>('aside textarea')?.value === wanted, text);
});
