import assert from 'node:assert/strict';
import { test } from 'node:test';
import { call, onBoth, photos, tiles, visit } from './browser';

interface Link {
  id: string;
  key: string;
}

onBoth('a visitor needs the password, sees the album, and adds to it', async ({ page, context, size, checkAccess }) => {
  const { assets } = await call<{ assets: { items: { id: string }[] } }>(context, 'POST', '/search/metadata', { order: 'desc' });
  const assetIds = assets.items.slice(3, 7).map((asset) => asset.id);
  const album = await call<{ id: string }>(context, 'POST', '/albums', { albumName: `Lake ${size}`, assetIds });
  const link = await call<Link>(context, 'POST', '/shared-links', { type: 'ALBUM', albumId: album.id, password: 'open sesame', allowUpload: true });
  await context.clearCookies();

  await page.goto(`/share/${link.key}`);
  await page.getByText('This is shared with a password').waitFor();
  await checkAccess();
  await page.getByLabel('Password').fill('open');
  await page.getByRole('button', { name: 'Show photos' }).click();
  await page.getByText('That is not the password').waitFor();
  await page.getByLabel('Password').fill('open sesame');
  await page.getByRole('button', { name: 'Show photos' }).click();
  await page.getByRole('heading', { name: `Lake ${size}` }).waitFor();
  await tiles(page).nth(3).waitFor();
  await checkAccess();

  await page.locator('[data-photo] [data-open]').first().click();
  const viewer = page.getByRole('dialog', { name: 'Photo viewer' });
  await viewer.waitFor();
  await page.waitForFunction(() => [...document.querySelectorAll<HTMLImageElement>('dialog img.preview')].some((image) => image.naturalWidth > 0));
  await checkAccess();
  await page.keyboard.press('Escape');
  await viewer.waitFor({ state: 'hidden' });

  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Add photos' }).click();
  const own = photos().filter((file) => file.endsWith('.jpg'));
  await (await chooser).setFiles(own.slice(0, 1));
  await page.getByText('1 photo added').waitFor();
  await page.waitForFunction(() => document.querySelectorAll('[data-photo]').length >= 4);
});

test('a link that ends while it is open says so, and what a visitor adds waits for the server', () =>
  visit('desktop', async ({ page, context }) => {
    const album = await call<{ id: string }>(context, 'POST', '/albums', { albumName: 'Short' });
    const expiresAt = new Date(Date.now() + 12_000).toISOString();
    const link = await call<Link>(context, 'POST', '/shared-links', { type: 'ALBUM', albumId: album.id, allowUpload: true, expiresAt });
    await context.clearCookies();
    await page.goto(`/share/${link.key}`);
    let failures = 1;
    await page.route('**/api/assets?**', (route) => (failures-- > 0 ? route.fulfill({ status: 502, body: '' }) : route.continue()));
    const chooser = page.waitForEvent('filechooser');
    await page.getByRole('button', { name: 'Add photos' }).click();
    await (await chooser).setFiles(['.jpg', '.txt'].flatMap((end) => photos().filter((file) => file.endsWith(end)).slice(0, 1)));
    await page.getByText('1 photo added').waitFor();
    await page.getByText('1 file is no photo or video').waitFor();
    assert.equal(failures, -1);
    await page.getByText('This link does not work any more').waitFor();
  }));

onBoth('a link that expired or never was says what to do', async ({ page, context, checkAccess }) => {
  const { assets } = await call<{ assets: { items: { id: string }[] } }>(context, 'POST', '/search/metadata', { order: 'desc' });
  const assetIds = [assets.items[0]?.id];
  const link = await call<Link>(context, 'POST', '/shared-links', { type: 'INDIVIDUAL', assetIds, expiresAt: '2020-01-01T00:00:00.000Z' });
  for (const key of [link.key, 'nonsense']) {
    await page.goto(`/share/${key}`);
    await page.getByText('This link does not work any more').waitFor();
  }
  await checkAccess();
  await call(context, 'DELETE', `/shared-links/${link.id}`);
});

test('a link is made from chosen photos, and its title greets the visitor', () =>
  visit('desktop', async ({ page, context, checkAccess }) => {
    await page.goto('/');
    await tiles(page).nth(1).waitFor();
    for (const at of [0, 1]) await tiles(page).nth(at).locator('[data-check]').click({ force: true });
    await page.getByRole('toolbar', { name: 'Selected photos' }).getByRole('button', { name: 'Share' }).click();
    const dialog = page.getByRole('dialog', { name: 'Share by link' });
    await dialog.getByText('these 2 items').waitFor();
    await dialog.getByLabel('Title').fill('For grandma – Größe');
    await checkAccess();
    await dialog.getByRole('button', { name: 'Create link' }).click();
    const address = await dialog.getByRole('textbox', { name: 'Link', exact: true }).inputValue();
    await dialog.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('toolbar', { name: 'Selected photos' }).waitFor({ state: 'hidden' });
    await context.clearCookies();
    await page.goto(new URL(address).pathname);
    await page.getByRole('heading', { name: 'For grandma – Größe' }).waitFor();
    await tiles(page).nth(1).waitFor();
  }));

test('a file that a visitor cannot send because it is gone says so at once, and is sent when it is there again', () =>
  visit('desktop', async ({ page, context, checkAccess }) => {
    const album = await call<{ id: string }>(context, 'POST', '/albums', { albumName: 'Gone' });
    const link = await call<Link>(context, 'POST', '/shared-links', { type: 'ALBUM', albumId: album.id, allowUpload: true });
    await context.clearCookies();
    await page.goto(`/share/${link.key}`);
    await page.getByRole('button', { name: 'Add photos' }).waitFor();
    // As a file that was moved after it was chosen: nothing of it can be read.
    await page.evaluate(() => {
      const read = Blob.prototype.arrayBuffer;
      const lost = { isLost: true };
      Object.assign(window, { lost });
      Blob.prototype.arrayBuffer = function () {
        return lost.isLost ? Promise.reject(new DOMException('gone', 'NotFoundError')) : read.call(this);
      };
    });
    await page.route('**/api/assets?**', (route) => route.abort('failed'));
    const chooser = page.waitForEvent('filechooser');
    await page.getByRole('button', { name: 'Add photos' }).click();
    await (await chooser).setFiles(photos().filter((file) => file.endsWith('.jpg')).slice(-1));
    const tray = page.getByRole('region', { name: 'Uploads' });
    await tray.getByText('The browser cannot read this file').waitFor({ timeout: 5000 });
    await tray.getByRole('heading', { name: '1 file needs you' }).waitFor();
    await checkAccess();
    await page.evaluate(() => ((window as unknown as { lost: { isLost: boolean } }).lost.isLost = false));
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    await tray.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('1 photo added').waitFor();
  }));
