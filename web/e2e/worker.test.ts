import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { base, onBoth, somePhotos, tiles, until, visit } from './browser';
import { wayTo } from './proxy';

/** Addresses that the service worker keeps, without the server's. */
const kept = (page: Page) =>
  page.evaluate(async () => {
    const all = await Promise.all((await caches.keys()).map(async (name) => (await caches.open(name)).keys()));
    return all.flat().map(({ url }) => new URL(url).pathname);
  });

/** Whether all that the first screen is made of is kept: each month of it, too. */
const isKept = (page: Page) =>
  page.evaluate(async () => {
    const fetched = performance.getEntriesByType('resource').map(({ name }) => new URL(name));
    const needed = fetched.filter(({ pathname }) => /^\/(assets\/|api\/(users\/me$|server\/(config|features)$|timeline\/buckets?$))/.test(pathname));
    const found = await Promise.all(needed.map(({ href }) => caches.match(href)));
    return found.every(Boolean) && needed.some(({ pathname }) => pathname === '/api/timeline/bucket');
  });

const shownPictures = (page: Page) =>
  page.evaluate(() => [...document.querySelectorAll<HTMLImageElement>('[data-photo] img')].filter((image) => image.complete && image.naturalWidth > 0).length);

onBoth(
  'after one visit the library opens without a network, with the photos that were seen',
  async ({ page, checkAccess }) => {
    const way = await wayTo(base);
    try {
      await page.goto(`${way.address}/`);
      await tiles(page).first().waitFor();
      await until(async () => (await shownPictures(page)) > 3);
      const seen = await tiles(page).first().getAttribute('data-photo');
      await tiles(page).first().locator('[data-open]').click();
      await page.locator('img.preview.ready').first().waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('dialog', { name: 'Photo viewer' }).waitFor({ state: 'hidden' });
      await until(async () => {
        const there = new Set(await kept(page));
        return (await isKept(page)) && there.has('/') && there.has(`/api/assets/${seen}/thumbnail`);
      });

      await way.cut();
      await page.reload();
      await page.getByText('The server does not answer').waitFor();
      await tiles(page).first().waitFor();
      await until(async () => (await shownPictures(page)) > 3);
      await checkAccess();
      await page.locator(`[data-photo="${seen}"] [data-open]`).click();
      await page.locator('img.preview.ready').first().waitFor();

      await way.mend();
      await page.getByText('The server does not answer').waitFor({ state: 'hidden' });
    } finally {
      await way.cut();
    }
  },
  { hasWorker: true },
);

test('a new version takes the place of what was kept of the one before', () =>
  visit(
    'desktop',
    async ({ page }) => {
      const way = await wayTo(base);
      try {
        await page.goto(`${way.address}/`);
        await tiles(page).first().waitFor();
        await until(async () => (await kept(page)).some((path) => path.startsWith('/assets/')));
        await page.evaluate(async () => (await caches.open('shell-1')).put('/assets/of-the-version-before.js', new Response('')));
        way.change((text) => text.replace('<title>', '<meta name="version" content="next" /><title>'));
        await page.reload();
        await page.locator('meta[name=version]').waitFor({ state: 'attached' });
        await tiles(page).first().waitFor();
        await until(async () => !(await kept(page)).includes('/assets/of-the-version-before.js'));
        // The files of the new one are kept in their place, for the next time without a network.
        const needed = await page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname).filter((path) => path.startsWith('/assets/')));
        await until(async () => {
          const there = new Set(await kept(page));
          return needed.every((path) => there.has(path));
        });
        await way.cut();
        await page.reload();
        await page.locator('meta[name=version]').waitFor({ state: 'attached' });
        await tiles(page).first().waitFor();
      } finally {
        await way.cut();
      }
    },
    { hasWorker: true },
  ));

test('what was seen goes with the person who signs out', () =>
  visit(
    'desktop',
    async ({ page, context }) => {
      await page.goto('/');
      await tiles(page).first().waitFor();
      const [photo] = await somePhotos(context);
      await until(async () => (await kept(page)).some((path) => path.endsWith('/thumbnail')));
      assert.ok(photo);
      await page.getByRole('button', { name: /^Account/ }).click();
      await page.getByRole('menuitem', { name: 'Sign out' }).click();
      await page.getByRole('heading', { name: 'Sign in' }).waitFor();
      await until(async () => !(await kept(page)).some((path) => path.startsWith('/api/assets/') || path.startsWith('/api/timeline/')), 10_000);
    },
    { hasWorker: true },
  ));
