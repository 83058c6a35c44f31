import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { ada, until, visit, type Visit } from './browser';
import { serve } from './server';

interface Served {
  address: string;
  data: string;
  server: ChildProcess;
}

/** A server for one story: what it changes is all there is. */
async function onOwnServer(story: (served: Served) => Promise<void>): Promise<void> {
  const data = mkdtempSync(join(tmpdir(), 'heirloom-maintenance-'));
  const served = await serve(data);
  try {
    await story({ ...served, data });
  } finally {
    served.server.kill();
    rmSync(data, { recursive: true, force: true });
  }
}

async function post(context: Visit['context'], url: string, data?: unknown): Promise<void> {
  const response = await context.request.post(url, { data });
  assert.ok(response.ok(), `${url}: ${response.status()} ${await response.text()}`);
}

async function settle(context: Visit['context'], address: string): Promise<void> {
  await post(context, `${address}/api/auth/admin-sign-up`, ada);
  await post(context, `${address}/api/auth/login`, ada);
}

const cover = (page: Page, name: string) => page.getByRole('dialog', { name, exact: true });
const menuOf = (page: Page) => page.getByRole('button', { name: /^What to do with the backup/ }).first();

for (const size of ['desktop', 'phone'] as const) {
  test(`maintenance is begun, told to everybody, and ended; nothing typed is lost (${size})`, () =>
    onOwnServer(({ address }) =>
      visit(
        size,
        async ({ page, context, checkAccess }) => {
          await settle(context, address);
          await page.goto(`${address}/admin/backups`);
          await page.getByText('There is no backup yet.').waitFor();
          await checkAccess();
          const other = await context.newPage();
          await other.goto(`${address}/settings`);
          await other.getByRole('region', { name: 'Profile' }).getByLabel('Name').fill('Ada, Countess');

          const begin = page.getByRole('button', { name: 'Begin maintenance' });
          await begin.focus();
          await page.keyboard.press('Enter');
          await page.getByRole('dialog', { name: 'Begin maintenance?' }).waitFor();
          await checkAccess();
          await page.keyboard.press('Enter');
          const mine = cover(page, 'Under maintenance');
          await mine.getByRole('button', { name: 'End maintenance' }).waitFor();
          await checkAccess();
          // It is no dialog that goes away.
          await page.keyboard.press('Escape');
          await page.keyboard.press('Escape');
          await mine.waitFor();

          // The other window was told, or learns it with the next thing it does.
          await until(async () => {
            const { maintenanceMode } = (await (await fetch(`${address}/api/server/config`)).json()) as { maintenanceMode: boolean };
            return maintenanceMode;
          });
          await other.getByRole('region', { name: 'Profile' }).getByRole('button', { name: 'Save' }).dispatchEvent('click');
          await cover(other, 'Under maintenance').waitFor();

          // Nor does anybody else get in.
          const stranger = await (await page.context().browser()!.newContext({ locale: 'en-GB' })).newPage();
          await stranger.goto(`${address}/albums`);
          await stranger.getByText('Whoever runs this server is working on it.').waitFor();
          await stranger.getByText('heirloom admin maintenance on').waitFor();
          assert.equal(await stranger.getByRole('button', { name: 'End maintenance' }).count(), 0);

          await mine.getByRole('button', { name: 'End maintenance' }).focus();
          await page.keyboard.press('Enter');
          await page.getByRole('heading', { name: 'Maintenance mode' }).waitFor();
          await stranger.getByLabel('E-mail').waitFor();
          await cover(other, 'Under maintenance').waitFor({ state: 'hidden' });
          assert.equal(await other.getByRole('region', { name: 'Profile' }).getByLabel('Name').inputValue(), 'Ada, Countess');
          await stranger.context().close();
        },
        { isSignedIn: false },
      ),
    ));

  test(`a backup is made and restored, also into an empty server (${size})`, () =>
    onOwnServer(({ address, data }) =>
      visit(
        size,
        async ({ page, context, checkAccess }) => {
          await settle(context, address);
          await page.goto(`${address}/admin/backups`);
          await page.getByRole('button', { name: 'Back up now' }).click();
          await menuOf(page).waitFor();
          await post(context, `${address}/api/albums`, { albumName: 'Made after the backup' });
          await menuOf(page).click();
          await page.getByRole('menuitem', { name: 'Restore this backup …' }).click();
          const dialog = page.getByRole('dialog', { name: 'Restore this backup?' });
          await dialog.getByText('Originals are not touched.').waitFor();
          await dialog.getByText('The database of now is kept').waitFor();
          await checkAccess();
          await dialog.getByRole('button', { name: 'Restore', exact: true }).click();
          await cover(page, 'A backup is being restored').waitFor();
          await cover(page, 'A backup is being restored').waitFor({ state: 'hidden' });
          await page.goto(`${address}/auth/login`);
          await until(async () => (await context.request.post(`${address}/api/auth/login`, { data: ada })).ok());
          const albums = (await (await context.request.get(`${address}/api/albums`)).json()) as unknown[];
          assert.equal(albums.length, 0);
          const [name = ''] = readdirSync(data, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.jsonl.gz'));
          const backup = { name: 'from elsewhere.jsonl.gz', mimeType: 'application/gzip', buffer: readFileSync(join(data, name)) };

          await onOwnServer(async (empty) => {
            await page.goto(empty.address);
            await page.getByRole('button', { name: 'I have a backup' }).click();
            const choose = cover(page, 'Restore a backup');
            await choose.getByText('There is no backup yet.').waitFor();
            await checkAccess();
            const pick = async (file: typeof backup) => {
              const chooser = page.waitForEvent('filechooser');
              await choose.getByRole('button', { name: 'Bring a backup file' }).click();
              await (await chooser).setFiles(file);
            };
            await pick({ ...backup, name: 'holiday.gz', buffer: Buffer.from('no backup') });
            await page.getByText('holiday.gz is no backup that this server can read.').waitFor();
            await pick(backup);
            await choose.getByRole('button', { name: /^Restore from-elsewhere/ }).press('Enter');
            await page.getByRole('dialog', { name: 'Restore this backup?' }).getByRole('button', { name: 'Restore', exact: true }).click();
            await page.getByRole('button', { name: 'Sign in' }).waitFor();
            await page.getByLabel('E-mail').fill(ada.email);
            await page.getByLabel('Password').fill(ada.password);
            await page.getByRole('button', { name: 'Sign in' }).click();
            await page.getByRole('heading', { name: 'Welcome, Ada' }).waitFor();
          });
        },
        { isSignedIn: false },
      ),
    ));
}
