import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { ada, until, visit, type Visit } from './browser';
import { models, serve } from './server';

/** Dots, boxes, a page of text, rings: to whoever looks for copies, no two of these are alike by chance. */
function draw(page: Page, seed: number, width: number, quality: number): Promise<string> {
  return page.evaluate(
    ([seed, width, quality]) => {
      const canvas = document.createElement('canvas');
      canvas.width = width;
      canvas.height = (width * 3) / 4;
      const context = canvas.getContext('2d');
      if (!context) throw new Error('no canvas');
      let state = seed * 7919 + 13;
      const next = () => (state = (state * 48271) % 2147483647) / 2147483647;
      context.scale(width, width);
      context.fillStyle = seed > 2 ? '#fff' : `hsl(${next() * 360} 60% 50%)`;
      context.fillRect(0, 0, 1, 1);
      context.font = '0.05px serif';
      context.lineWidth = 0.025;
      for (let shape = 0; shape < 14; shape += 1) {
        context.fillStyle = seed > 2 ? '#000' : `hsl(${next() * 360} 80% ${20 + next() * 60}%)`;
        context.beginPath();
        if (seed === 1) context.ellipse(next(), next() * 0.75, 0.03 + next() * 0.2, 0.03 + next() * 0.2, next(), 0, 7);
        if (seed === 2) context.rect(next(), next() * 0.75, 0.05 + next() * 0.3, 0.05 + next() * 0.3);
        if (seed === 3) context.fillText('Dear all, we went to the lake on Sunday', 0.05, 0.06 + shape * 0.05);
        if (seed === 4) context.arc(0.5, 0.375, 0.05 + shape * 0.05, 0, 7);
        if (seed === 4) context.stroke();
        else context.fill();
      }
      return canvas.toDataURL('image/jpeg', quality);
    },
    [seed, width, quality] as const,
  );
}

async function fill({ page, context }: Visit, address: string): Promise<void> {
  for (const path of ['/auth/admin-sign-up', '/auth/login']) assert.ok((await context.request.post(`${address}/api${path}`, { data: ada })).ok(), path);
  for (const seed of [1, 2, 3, 4]) {
    for (const [kind, width, quality] of [['original', 1600, 0.95], ['copy', 640, 0.8]] as const) {
      const url = await draw(page, seed, width, quality);
      const assetData = { name: `${kind} ${seed}.jpg`, mimeType: 'image/jpeg', buffer: Buffer.from(url.split(',')[1] ?? '', 'base64') };
      const time = `2024-0${seed}-01T00:00:00Z`;
      assert.ok((await context.request.post(`${address}/api/assets`, { multipart: { assetData, fileCreatedAt: time, fileModifiedAt: time } })).ok());
    }
  }
}

const skip = models ? false : 'HEIRLOOM__INFERENCE__MODELS names no models';
test('copies are found; one is put away and brought back, two are stacked, two are none, the rest is done as suggested', { skip }, async () => {
  const data = mkdtempSync(join(tmpdir(), 'heirloom-copies-'));
  const { server, address } = await serve(data);
  const story = async (visit: Visit) => {
    const { page, context, checkAccess } = visit;
    await page.goto('about:blank');
    await fill(visit, address);
    const get = async <T,>(path: string) => (await (await context.request.get(`${address}/api${path}`)).json()) as T;
    await until(async () => (await get<unknown[]>('/duplicates')).length === 4, 240_000);

    await page.goto(`${address}/duplicates`);
    const groups = page.getByRole('region', { name: /^Group/ });
    await groups.nth(3).waitFor();
    assert.equal(await groups.count(), 4);
    // What has more pixels is what the server would keep.
    for (const seed of [1, 2, 3, 4]) {
      await page.getByRole('button', { name: `original ${seed}.jpg: stays` }).waitFor();
      await page.getByRole('button', { name: `copy ${seed}.jpg: goes to the trash` }).waitFor();
    }
    await checkAccess();
    const group = (seed: number) => groups.filter({ has: page.getByRole('link', { name: `copy ${seed}.jpg` }) });
    // Each can be looked at in full before anything is decided.
    await group(1).getByRole('link', { name: 'copy 1.jpg' }).click();
    await page.locator('img.preview.ready').first().waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog', { name: 'Photo viewer' }).waitFor({ state: 'hidden' });

    // The other way round than suggested, and undone.
    const isTrashed = async (name: string) => {
      const found = await (await context.request.post(`${address}/api/search/metadata`, { data: { originalFileName: name, withDeleted: true } })).json();
      return (found as { assets: { items: { isTrashed: boolean }[] } }).assets.items[0]?.isTrashed;
    };
    await page.getByRole('button', { name: 'copy 1.jpg: goes to the trash' }).click();
    await page.getByRole('button', { name: 'original 1.jpg: stays' }).click();
    await group(1).getByRole('button', { name: 'Move 1 to the trash' }).click();
    await group(1).waitFor({ state: 'detached' });
    // A message that is pointed at stays until there was time to look.
    const undo = page.getByRole('button', { name: 'Undo' });
    await undo.hover();
    assert.deepEqual([await isTrashed('original 1.jpg'), await isTrashed('copy 1.jpg')], [true, false]);
    await undo.click();
    await until(async () => (await isTrashed('original 1.jpg')) === false);

    await group(2).getByRole('button', { name: 'Stack' }).click();
    await group(2).waitFor({ state: 'detached' });
    const [stack] = await get<{ assets: { id: string; originalFileName: string }[]; primaryAssetId: string }[]>('/stacks');
    assert.equal(stack?.assets.find((one) => one.id === stack.primaryAssetId)?.originalFileName, 'original 2.jpg');
    assert.equal(stack?.assets.length, 2);

    await group(3).getByRole('button', { name: 'Not the same' }).click();
    await group(3).waitFor({ state: 'detached' });
    assert.equal(await isTrashed('copy 3.jpg'), false);

    await group(4).getByRole('button', { name: 'Move 1 to the trash' }).click();
    await page.getByRole('heading', { name: 'Nothing twice' }).waitFor();
    await checkAccess();
    assert.equal(await isTrashed('copy 4.jpg'), true);
    assert.deepEqual(await get('/duplicates'), []);
  };
  try {
    await visit('desktop', story, { isSignedIn: false });
    await visit('phone', async ({ page, context, checkAccess }) => {
      await context.request.post(`${address}/api/auth/login`, { data: ada });
      await page.goto(`${address}/duplicates`);
      await page.getByRole('heading', { name: 'Nothing twice' }).waitFor();
      await checkAccess();
    }, { isSignedIn: false });
  } finally {
    server.kill();
    rmSync(data, { recursive: true, force: true });
  }
});
