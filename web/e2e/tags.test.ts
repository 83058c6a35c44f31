import assert from 'node:assert/strict';
import { call, onBoth, tiles, until } from './browser';

interface Tag {
  id: string;
  value: string;
}

onBoth('a photo gets tags, old and new, and loses one again', async ({ page, context, size, checkAccess }) => {
  const [old] = await call<Tag[]>(context, 'PUT', '/tags', { tags: [`Trips ${size}`] });
  await page.goto('/');
  await tiles(page).nth(1).waitFor();
  const id = await tiles(page).nth(1).getAttribute('data-photo');
  const viewer = page.getByRole('dialog', { name: 'Photo viewer' });
  if (size === 'desktop') {
    await tiles(page).nth(1).locator('a').focus();
    for (const key of ['x', '#']) await page.keyboard.press(key);
  } else {
    await tiles(page).nth(1).locator('[data-open]').click();
    await viewer.getByRole('button', { name: 'More' }).click();
    await viewer.getByRole('menuitem', { name: 'Tag' }).click();
  }
  const dialog = page.getByRole('dialog', { name: 'Tag', exact: true });
  await dialog.getByLabel('Find a tag').fill(`Trips ${size} / Italy`);
  await dialog.getByText(`New tag “Trips ${size}/Italy”`).waitFor();
  await page.keyboard.press('Enter');
  await dialog.getByRole('button', { name: `Trips ${size}`, exact: true }).click();
  await checkAccess();
  await dialog.getByRole('button', { name: 'Add 2 tags' }).click();
  await page.getByText('1 photo tagged').waitFor();

  await page.goto(`/?photo=${id}`);
  await viewer.getByRole('button', { name: 'Info' }).click();
  const panel = viewer.getByRole('complementary', { name: 'Info' });
  const link = panel.getByRole('link', { name: `Trips ${size}`, exact: true });
  await link.waitFor();
  await checkAccess();
  await panel.getByRole('button', { name: `Take “Trips ${size}” off` }).click();
  await link.waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Undo' }).click();
  await link.waitFor();
  await panel.getByRole('link', { name: `Trips ${size}/Italy` }).click();
  await page.getByRole('heading', { name: `Trips ${size}/Italy` }).waitFor();
  await page.locator(`[data-photo="${id}"]`).waitFor();
  assert.equal(await tiles(page).count(), 1);
  await checkAccess();
  await call(context, 'DELETE', `/tags/${old?.id}`);
  await until(async () => !(await call<Tag[]>(context, 'GET', '/tags')).some(({ value }) => value.startsWith(`Trips ${size}`)));
});
