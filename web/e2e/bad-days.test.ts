import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { ada, base, call, onBoth, photos, somePhotos, tiles, until, visit } from './browser';

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
  await page.getByRole('menuitem', { name: 'Choose photos' }).click();
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
  await page.goto('/recent');
  await page.locator(`[data-photo="${id}"]`).getByRole('link', { name: /no picture yet/ }).waitFor();
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
  for (const path of ['/', '/albums', '/people', '/map', '/memories', '/favorites', '/recent', '/tags', '/folders', '/archive', '/trash', '/shared-links', '/duplicates', '/large-files', '/search']) {
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

test('what goes into an album is there in the end, though the server refused it at first', () =>
  visit('desktop', async ({ page, context }) => {
    const { id } = await call<{ id: string }>(context, 'POST', '/albums', { albumName: 'Held up' });
    await page.route('**/api/albums/*/assets', (route) => route.fulfill({ status: 500, json: { message: 'The disk is full' } }));
    // A proxy whose server is just starting.
    let isStarting = true;
    await page.route('**/bulk-upload-check', (route) => (isStarting ? route.fulfill({ status: 502, body: 'Bad gateway' }) : route.continue()));
    await page.goto(`/albums/${id}`);
    await page.getByRole('button', { name: 'More', exact: true }).and(page.locator('main button')).click();
    const chooser = page.waitForEvent('filechooser');
    await page.getByRole('menuitem', { name: 'Upload into this album' }).click();
    await (await chooser).setFiles(['one', 'two'].map((name) => fresh(`into the album ${name}.jpg`)));
    await tray(page).getByText('Checking whether it is here').first().waitFor();
    isStarting = false;
    await tray(page).getByText('but not in the album').nth(1).waitFor();
    await page.unroute('**/api/albums/*/assets');
    await tray(page).getByRole('button', { name: 'Try all failed again' }).click();
    await tray(page).getByText('2 files added').waitFor();
    await tiles(page).nth(1).waitFor();
    await call(context, 'DELETE', `/albums/${id}`);
  }));

test('a file that is cancelled while it is being checked is not sent, and paused ones wait', () =>
  visit('desktop', async ({ page }) => {
    await page.goto('/');
    await tiles(page).first().waitFor();
    let isHeld = true;
    let sent = 0;
    await page.route('**/bulk-upload-check', async (route) => {
      while (isHeld) await new Promise((resolve) => setTimeout(resolve, 50));
      await route.continue().catch(() => undefined);
    });
    page.on('request', (request) => (sent += Number(request.method() === 'POST' && request.url().endsWith('/api/uploads'))));
    await add(page, [fresh('kept.jpg'), fresh('not wanted.jpg')]);
    await tray(page).getByText('Checking whether it is here').nth(1).waitFor();
    await tray(page).getByRole('button', { name: 'Cancel: not wanted.jpg' }).click();
    await tray(page).getByRole('button', { name: 'Pause' }).click();
    await tray(page).getByText('Waiting').waitFor();
    isHeld = false;
    await page.waitForTimeout(500);
    assert.equal(sent, 0);
    await tray(page).getByRole('button', { name: 'Go on' }).click();
    await tray(page).getByText('1 file added').waitFor();
    assert.equal(sent, 1);
  }));

test('words that were typed are not lost by a slip of the hand', () =>
  visit('desktop', async ({ page, context, checkAccess }) => {
    const { id } = await call<{ id: string }>(context, 'POST', '/albums', { albumName: 'Words' });
    await call(context, 'POST', '/shared-links', { type: 'ALBUM', albumId: id });
    await page.goto('/shared-links');
    await page.getByRole('button', { name: 'More', exact: true }).and(page.locator('main button')).first().click();
    await page.getByRole('menuitem', { name: 'Edit' }).click();
    const dialog = page.getByRole('dialog', { name: 'Edit link' });
    await dialog.getByLabel('Title').fill('For grandmother');
    await page.keyboard.press('Escape');
    const question = page.getByRole('dialog', { name: 'Close without saving?' });
    await checkAccess();
    await question.getByRole('button', { name: 'Cancel' }).click();
    assert.equal(await dialog.getByLabel('Title').inputValue(), 'For grandmother');
    await page.mouse.click(5, 5);
    await question.getByRole('button', { name: 'Close it' }).click();
    await dialog.waitFor({ state: 'detached' });

    // The name of an album, with the page left by the way back.
    await page.goto('/albums');
    await page.getByRole('link', { name: 'Words' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('Written words');
    await page.goBack();
    await until(async () => (await call<{ albumName: string }>(context, 'GET', `/albums/${id}`)).albumName === 'Written words');

    // A comment that somebody goes on writing while it is on its way.
    await page.goto(`/albums/${id}`);
    await page.getByRole('button', { name: 'Comments' }).click();
    const comment = page.getByLabel('Write a comment');
    await page.route('**/api/activities', async (route) => {
      if (route.request().method() === 'POST') await comment.pressSequentially(' And more.');
      await route.continue();
    });
    await comment.fill('First.');
    await comment.press('Enter');
    await page.getByRole('complementary').getByText('First.', { exact: true }).waitFor();
    await until(async () => (await comment.inputValue()) === ' And more.');
    await page.getByRole('button', { name: 'Remove', exact: true }).click();
    await page.getByRole('dialog', { name: 'Remove what Ada wrote?' }).getByRole('button', { name: 'Remove' }).click();
    await page.getByRole('complementary').getByText('First.', { exact: true }).waitFor({ state: 'detached' });
    await call(context, 'DELETE', `/albums/${id}`);
  }));

test('settings that were changed and not saved are there when one comes back', () =>
  visit('desktop', async ({ page }) => {
    await page.goto('/admin/settings');
    const days = page.getByLabel('Days in the trash');
    const before = await days.inputValue();
    await days.fill('77');
    await page.getByRole('link', { name: 'Accounts' }).click();
    await page.getByRole('status').filter({ hasText: 'Not saved yet' }).getByRole('button', { name: 'Back' }).click();
    assert.equal(await days.inputValue(), '77');
    assert.notEqual(before, '77');
  }));

test('a month that could not be loaded says so, and is had again', () =>
  visit('desktop', async ({ page, checkAccess }) => {
    await page.route('**/api/timeline/bucket?**', (route) => route.fulfill({ status: 500, json: { message: 'Oh' } }));
    await page.goto('/');
    const again = page.getByRole('region', { name: 'Photos' }).getByRole('button', { name: 'Try again' });
    await again.first().waitFor();
    await checkAccess();
    await page.unroute('**/api/timeline/bucket?**');
    await again.first().click();
    await tiles(page).first().waitFor();
  }));

test('a part that the server has no longer, after it was updated, says that the page must be loaded again', () =>
  visit('desktop', async ({ page }) => {
    await page.goto('/');
    // As it is built, and as it is while it is worked on.
    const part = /\/assets\/Viewer-[^/]*\.js|\/viewer\/Viewer\.svelte/;
    await page.route(part, (route) => route.fulfill({ status: 404, body: '' }));
    await tiles(page).first().locator('[data-open]').click();
    const told = page.getByRole('status').filter({ hasText: 'load the page again' });
    await told.waitFor();
    await page.unroute(part);
    await told.getByRole('button', { name: 'Load again' }).click();
    await page.getByRole('dialog', { name: 'Photo viewer' }).waitFor();
  }));

test('over plain HTTP an address can be copied all the same', () =>
  visit('desktop', async ({ page, context }) => {
    const { id } = await call<{ id: string }>(context, 'POST', '/albums', { albumName: 'To copy' });
    const { key } = await call<{ key: string }>(context, 'POST', '/shared-links', { type: 'ALBUM', albumId: id });
    await page.addInitScript(() => Reflect.deleteProperty(Navigator.prototype, 'clipboard'));
    await page.goto('/shared-links');
    await page.evaluate(() => addEventListener('copy', () => ((window as { copied?: string }).copied = String(getSelection()))));
    await page.getByRole('listitem').filter({ hasText: key }).getByRole('button', { name: 'Copy link' }).click();
    await page.getByRole('status').filter({ hasText: 'copied' }).waitFor();
    assert.ok((await page.evaluate(() => (window as { copied?: string }).copied))?.endsWith(key));
    await call(context, 'DELETE', `/albums/${id}`);
  }));

test('an edit that could not be saved stays in the editor', () =>
  visit('desktop', async ({ page, context }) => {
    await page.goto(`/?photo=${(await somePhotos(context))[0]?.id}`);
    await page.route('**/api/assets/*/edits', (route) => (route.request().method() === 'PUT' ? route.fulfill({ status: 500, json: { message: 'Oh' } }) : route.continue()));
    await page.getByRole('dialog', { name: 'Photo viewer' }).getByRole('button', { name: 'Edit photo' }).click();
    const editor = page.getByRole('dialog', { name: 'Edit photo' });
    await editor.getByRole('button', { name: 'Turn right' }).click();
    await editor.getByRole('button', { name: 'Save' }).click();
    await editor.getByText('The server failed at that').waitFor();
    await editor.getByRole('button', { name: 'Save' }).and(page.locator(':enabled')).waitFor();
  }));

test('what lies in the trash is not edited, by the key neither', () =>
  visit('desktop', async ({ page, context }) => {
    const id = (await somePhotos(context))[0]?.id;
    await call(context, 'DELETE', '/assets', { ids: [id] });
    await page.goto(`/trash?photo=${id}`);
    await page.getByRole('dialog', { name: 'Photo viewer' }).getByRole('button', { name: 'Info' }).waitFor();
    await page.keyboard.press('e');
    await page.waitForTimeout(400);
    assert.equal(await page.getByRole('dialog', { name: 'Edit photo' }).count(), 0);
    await call(context, 'POST', '/trash/restore/assets', { ids: [id] });
  }));

test('the way back leads to where the list was left, and a mistyped address to no blank page', () =>
  visit('desktop', async ({ page }) => {
    await page.goto('/');
    await tiles(page).first().waitFor();
    const scroller = page.getByRole('region', { name: 'Photos' });
    await scroller.evaluate((list) => (list.scrollTop = list.scrollHeight / 2));
    const first = () =>
      page.evaluate(() => {
        const seen = [...document.querySelectorAll<HTMLElement>('[data-photo]')].map((tile) => ({ id: tile.dataset['photo'], top: Math.round(tile.getBoundingClientRect().top) }));
        return JSON.stringify(seen.filter(({ top }) => top >= 64).sort((a, b) => a.top - b.top)[0]);
      });
    // Months that come take another height than was expected of them; then the list is still.
    let before = '';
    await until(async () => {
      await page.waitForTimeout(500);
      const earlier = before;
      before = await first();
      return before === earlier;
    });
    await page.getByRole('link', { name: 'Albums' }).first().click();
    await page.getByRole('heading', { name: 'Albums', exact: true }).waitFor();
    await page.goBack();
    await tiles(page).first().waitFor();
    await until(async () => (await first()) === before, 20_000);

    await page.evaluate(() => {
      history.pushState({}, '', '/albums/100%');
      dispatchEvent(new PopStateEvent('popstate'));
    });
    await page.getByText('This album is gone').waitFor();
  }));

test('who was given a password chooses another', () =>
  visit('desktop', async ({ page, context, checkAccess }) => {
    const given = { email: 'given@example.org', password: 'given by ada', name: 'Given' };
    await call(context, 'POST', '/admin/users', { ...given, shouldChangePassword: true });
    await context.clearCookies();
    await context.request.post(`${base}/api/auth/login`, { data: given });
    await page.goto('/');
    const dialog = page.getByRole('dialog', { name: 'Choose a password of your own' });
    await dialog.waitFor();
    await page.keyboard.press('Escape');
    await dialog.getByLabel('Password until now').fill('something else');
    await dialog.getByLabel('New password').fill('chosen by myself');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.getByText('That is not the password.').waitFor();
    await checkAccess();
    await dialog.getByLabel('Password until now').fill(given.password);
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'detached' });
    await page.reload();
    await page.getByRole('heading', { name: 'Welcome, Given' }).waitFor();
    assert.equal(await dialog.count(), 0);
  }));
