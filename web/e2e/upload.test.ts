import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { call, onBoth, photos, tiles, visit } from './browser';

onBoth('a file that is here already is said to be, by its name', async ({ page, checkAccess }) => {
  const file = photos().find((name) => name.endsWith('.jpg'));
  assert.ok(file);
  await page.goto('/');
  await tiles(page).first().waitFor();
  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Add photos' }).click();
  await page.getByRole('menuitem', { name: 'Choose photos' }).click();
  await (await chooser).setFiles([file]);
  const tray = page.getByRole('region', { name: 'Uploads' });
  const line = tray.getByRole('listitem').filter({ hasText: basename(file) });
  await line.getByText('Is here already').waitFor();
  await tray.getByRole('heading', { name: 'Nothing new: all were here already' }).waitFor();
  await checkAccess();
  // Its name leads to it.
  await line.getByRole('link', { name: basename(file) }).click();
  await page.getByRole('dialog', { name: 'Photo viewer' }).waitFor();
});

test('a folder is added with what lies in the folders inside it', () =>
  visit('desktop', async ({ page, context }) => {
    const folder = mkdtempSync(join(tmpdir(), 'heirloom-folder-'));
    const bytes = readFileSync(photos().find((name) => name.endsWith('.jpg')) ?? '');
    mkdirSync(join(folder, 'one', 'two'), { recursive: true });
    for (const path of ['top.jpg', 'one/two/deep.jpg']) writeFileSync(join(folder, path), Buffer.concat([bytes, Buffer.from(path)]));
    await page.goto('/');
    await tiles(page).first().waitFor();
    const chooser = page.waitForEvent('filechooser');
    await page.getByRole('button', { name: 'Add photos' }).click();
    await page.getByRole('menuitem', { name: 'Choose a folder' }).click();
    await (await chooser).setFiles(folder);
    const tray = page.getByRole('region', { name: 'Uploads' });
    await tray.getByText('2 files added').waitFor();
    const hrefs = await tray.getByRole('link', { name: /deep|top/ }).evaluateAll((links) => links.map((link) => (link as HTMLAnchorElement).href));
    await call(context, 'DELETE', '/assets', { ids: hrefs.map((href) => new URL(href).searchParams.get('photo')), force: true });
    rmSync(folder, { recursive: true });
  }));
