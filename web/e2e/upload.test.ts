import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { onBoth, photos, tiles } from './browser';

onBoth('a file that is here already is said to be, by its name', async ({ page, checkAccess }) => {
  const file = photos().find((name) => name.endsWith('.jpg'));
  assert.ok(file);
  await page.goto('/');
  await tiles(page).first().waitFor();
  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Add photos' }).click();
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
