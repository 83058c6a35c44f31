import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { base, call, photos, tiles, visit } from './browser';

test('what happens in one browser shows in another, and nothing jumps', () =>
  visit('desktop', async ({ page, context }) => {
    await page.goto('/');
    await tiles(page).first().waitFor();
    const connected = page.waitForEvent('websocket', { predicate: (socket) => socket.url().includes('socket.io') });
    await page.reload();
    await connected;
    await page.waitForTimeout(500);
    // Somewhere in the middle of the list.
    const scroller = page.getByRole('region', { name: 'Photos' });
    await scroller.evaluate((list) => (list.scrollTop = list.scrollHeight / 3));
    await page.waitForTimeout(400);
    const first = () =>
      page.evaluate(() => {
        const seen = [...document.querySelectorAll<HTMLElement>('[data-photo]')].map((tile) => ({ id: tile.dataset['photo'], top: tile.getBoundingClientRect().top }));
        return seen.filter(({ top }) => top >= 64).sort((a, b) => a.top - b.top)[0];
      });
    // What was guessed of months below the one at the top has become what they are.
    let before = await first();
    for (let quiet = 0; quiet < 4; ) {
      await page.waitForTimeout(250);
      const now = await first();
      quiet = now?.id === before?.id && now?.top === before?.top ? quiet + 1 : 0;
      before = now;
    }
    assert.ok(before?.id);

    // The other one adds a photo that is newer than all, and takes one that is in sight away.
    const file = photos().find((one) => one.endsWith('.jpg')) ?? '';
    const plain = readFileSync(file);
    const end = plain.indexOf(Buffer.from([0xff, 0xdb]));
    const bytes = Buffer.concat([plain.subarray(0, 2), plain.subarray(end), Buffer.from('from the other browser')]);
    const now = new Date().toISOString();
    const added = await context.request.post(`${base}/api/assets`, {
      multipart: { assetData: { name: 'newest.jpg', mimeType: 'image/jpeg', buffer: bytes }, fileCreatedAt: now, fileModifiedAt: now },
    });
    const { id } = (await added.json()) as { id: string };
    const gone = await page.evaluate((kept) => {
      const low = [...document.querySelectorAll<HTMLElement>('[data-photo]')].filter((tile) => tile.dataset['photo'] !== kept && tile.getBoundingClientRect().top > 300);
      return low.at(-1)?.dataset['photo'];
    }, before.id);
    await call(context, 'DELETE', '/assets', { ids: [gone] });
    await page.locator(`[data-photo="${gone}"]`).waitFor({ state: 'detached' });
    const after = await first();
    assert.equal(after?.id, before.id);
    assert.ok(Math.abs((after?.top ?? 0) - before.top) < 2, `${before.top} → ${after?.top}`);
    await scroller.evaluate((list) => (list.scrollTop = 0));
    await page.locator(`[data-photo="${id}"]`).waitFor();
    await call(context, 'POST', '/trash/restore/assets', { ids: [gone] });
    await call(context, 'DELETE', '/assets', { ids: [id], force: true });
  }));

test('what happened while the connection was away shows when it is back', () =>
  visit('desktop', async ({ page, context }) => {
    const { assets } = await call<{ assets: { items: { id: string }[] } }>(context, 'POST', '/search/metadata', { order: 'desc' });
    const id = assets.items[0]?.id;
    let isCut = false;
    let cut: () => Promise<void> = () => Promise.resolve();
    await page.routeWebSocket(/socket\.io/, (socket) => {
      if (isCut) void socket.close();
      else socket.connectToServer();
      cut = () => socket.close();
    });
    const connected = page.waitForEvent('websocket', { predicate: (socket) => socket.url().includes('socket.io') });
    await page.goto('/');
    const tile = page.locator(`[data-photo="${id}"]`);
    await tile.waitFor();
    await connected;
    await page.waitForTimeout(500);
    isCut = true;
    await cut();
    await call(context, 'DELETE', '/assets', { ids: [id] });
    await page.waitForTimeout(1500);
    assert.equal(await tile.count(), 1);
    isCut = false;
    await tile.waitFor({ state: 'detached' });
    await call(context, 'POST', '/trash/restore/assets', { ids: [id] });
  }));
