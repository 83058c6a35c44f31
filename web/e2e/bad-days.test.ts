import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { ada, base, call, onBoth, photos, tiles, until, visit } from './browser';

interface File {
  name: string;
  mimeType: string;
  buffer: Buffer;
}

/** A photo that is not there yet: the same picture with some bytes after its end. */
function fresh(name: string): File {
  const file = photos().find((one) => one.endsWith('.jpg')) ?? '';
  return { name, mimeType: 'image/jpeg', buffer: Buffer.concat([readFileSync(file), Buffer.from(name + Math.random())]) };
}

async function add(page: Page, files: File[]): Promise<void> {
  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Add photos' }).click();
  await (await chooser).setFiles(files);
}

const tray = (page: Page) => page.getByRole('region', { name: 'Uploads' });

test('the session ends in the middle of an upload, which goes on after signing in', () =>
  visit('desktop', async ({ page, context, checkAccess }) => {
    await page.goto('/');
    await tiles(page).first().waitFor();
    let isHeld = true;
    await page.route('**/api/uploads/**', async (route) => {
      while (isHeld) await new Promise((resolve) => setTimeout(resolve, 50));
      await route.continue();
    });
    await add(page, [fresh('first.jpg'), fresh('second.jpg')]);
    await tray(page).getByText('Adding 2 files').waitFor();
    await context.clearCookies();
    isHeld = false;
    const dialog = page.getByRole('dialog').filter({ has: page.getByLabel('Password') });
    await dialog.waitFor();
    await checkAccess();
    await dialog.getByLabel('Password').fill(ada.password);
    await dialog.getByRole('button', { name: 'Sign in' }).click();
    await tray(page).getByText('2 files added').waitFor();
  }));

test('a reload in the middle of the queue takes it up again', () =>
  visit('desktop', async ({ page }) => {
    page.on('dialog', (dialog) => void dialog.accept());
    await page.goto('/');
    await tiles(page).first().waitFor();
    await page.route('**/api/uploads**', (route) => route.abort('connectionreset'));
    await page.route('**/readyz', (route) => route.abort('connectionreset'));
    await add(page, ['a', 'b', 'c', 'd'].map((name) => fresh(`queue ${name}.jpg`)));
    await tray(page).getByText('queue d.jpg').waitFor();
    // What a reload takes up is what the browser's own database holds by then.
    const isKept = () =>
      page.evaluate(
        () =>
          new Promise<boolean>((resolve, reject) => {
            const opening = indexedDB.open('heirloom-uploads', 1);
            opening.onerror = () => reject(opening.error);
            opening.onsuccess = () => {
              const counting = opening.result.transaction('queue').objectStore('queue').count();
              counting.onsuccess = () => {
                opening.result.close();
                resolve(counting.result === 4);
              };
            };
          }),
      );
    await until(isKept);
    await page.reload();
    await tray(page).getByText('queue d.jpg').waitFor();
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    await tray(page).getByText('4 files added').waitFor();
    for (const name of ['a', 'd']) await tray(page).getByText(`queue ${name}.jpg`).waitFor();
  }));

onBoth('a photo that cannot be shown says so, and its original can be had', async ({ page, context, size, checkAccess }) => {
  await page.goto('/');
  await tiles(page).first().waitFor();
  const name = `torn ${size}.jpg`;
  const whole = fresh(name);
  await add(page, [{ ...whole, buffer: Buffer.concat([whole.buffer.subarray(0, 200), Buffer.from(name)]) }]);
  await tray(page).getByText('1 file added').waitFor();
  await tray(page).getByRole('link', { name }).click();
  const viewer = page.getByRole('dialog', { name: 'Photo viewer' });
  await viewer.getByText('This photo cannot be shown').waitFor();
  await viewer.getByRole('link', { name: 'Download original' }).waitFor();
  await checkAccess();
  const id = new URL(page.url()).searchParams.get('photo');
  await call(context, 'DELETE', '/assets', { ids: [id], force: true });
});

test('names in every script are kept and shown', () =>
  visit('desktop', async ({ page, context }) => {
    const names = ['صورة العائلة ٢٠٢٤.jpg', 'תמונה של סבתא.jpg', 'ภาพถ่าย.jpg', '家族の写真①.jpg', 'नमस्ते 📷.jpg', 'Ελλάδα & <b>Größe</b> 100%.jpg'];
    await page.goto('/');
    await tiles(page).first().waitFor();
    await add(page, names.map(fresh));
    await tray(page).getByText(`${names.length} files added`).waitFor();
    for (const name of names) await tray(page).getByRole('link', { name, exact: true }).waitFor();
    const href = await tray(page).getByRole('link', { name: names[0], exact: true }).getAttribute('href');
    const id = href?.split('=')[1];
    assert.equal((await call<{ originalFileName: string }>(context, 'GET', `/assets/${id}`)).originalFileName, names[0]);
    await page.goto(`/?photo=${id}`);
    await page.getByRole('dialog', { name: 'Photo viewer' }).getByRole('button', { name: 'Info' }).click();
    await page.getByText(names[0] ?? '', { exact: true }).waitFor();
    const saved = await context.request.get(`${base}/api/assets/${id}/original`);
    assert.ok(decodeURIComponent(saved.headers()['content-disposition'] ?? '').includes(names[0] ?? '-'), saved.headers()['content-disposition']);
  }));

onBoth('a comment of ten thousand characters', async ({ page, context, size, checkAccess }) => {
  const { id } = await call<{ id: string }>(context, 'POST', '/albums', { albumName: `Talk ${size}` });
  await call(context, 'POST', '/shared-links', { type: 'ALBUM', albumId: id });
  await page.goto(`/albums/${id}`);
  await page.getByRole('button', { name: 'Comments' }).click();
  const text = 'Ach, schön! '.repeat(900).slice(0, 9_999) + '!';
  await page.getByLabel('Write a comment').fill(text);
  await page.getByRole('button', { name: 'Send' }).click();
  const said = page.getByRole('complementary', { name: 'Comments' }).getByRole('paragraph');
  await said.waitFor();
  assert.equal(await said.innerText(), text);
  // It is read by scrolling, and the page does not grow sideways.
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  await checkAccess();
  await call(context, 'DELETE', `/albums/${id}`);
});

onBoth('a library of nothing, and of one', async ({ page, context, size, checkAccess }) => {
  const one = { email: `one-${size}@example.org`, password: 'a single photo', name: 'One' };
  await call(context, 'POST', '/admin/users', { ...one, shouldChangePassword: false });
  await context.clearCookies();
  await context.request.post(`${base}/api/auth/login`, { data: one });
  for (const path of ['/', '/albums', '/people', '/map', '/memories', '/favorites', '/tags', '/folders', '/archive', '/trash', '/shared-links', '/duplicates', '/large-files', '/search']) {
    await page.goto(path);
    await page.getByRole('heading').first().waitFor();
    await checkAccess();
  }
  await page.goto('/');
  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Choose photos' }).click();
  await (await chooser).setFiles([fresh('the only one.jpg')]);
  await tiles(page).first().waitFor();
  await tray(page).getByRole('button', { name: 'Close' }).click();
  await tiles(page).first().locator('[data-open]').click();
  const viewer = page.getByRole('dialog', { name: 'Photo viewer' });
  await viewer.waitFor();
  assert.equal(await viewer.getByRole('button', { name: 'Next' }).count(), 0);
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Escape');
  await viewer.waitFor({ state: 'detached' });
  await checkAccess();
});
