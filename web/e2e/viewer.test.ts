import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BrowserContext, Page } from 'playwright-core';
import { call, onBoth, somePhotos, tiles, until, visit } from './browser';

/** The photo that is open, by the page's address: the timeline may still be putting photos where they belong. */
const opened = (page: Page) => new URL(page.url()).searchParams.get('photo');

async function description(context: BrowserContext, id: string | null): Promise<string> {
  const { exifInfo } = await call<{ exifInfo: { description: string } }>(context, 'GET', `/assets/${id}`);
  return exifInfo.description;
}

test('an address of a photo opens it, and "back" leaves it', () =>
  visit('desktop', async ({ page }) => {
    await page.goto('/');
    await tiles(page).first().waitFor();
    const id = await tiles(page).nth(3).getAttribute('data-photo');
    await page.goto(`/?photo=${id}`);
    const viewer = page.getByRole('dialog', { name: 'Photo viewer' });
    await viewer.waitFor();
    await viewer.getByRole('button', { name: 'Close' }).click();
    await viewer.waitFor({ state: 'hidden' });
    await tiles(page).first().waitFor();
  }));

onBoth('a description is written in the info panel and stays', async ({ page, context, size, checkAccess }) => {
  await page.goto('/');
  await tiles(page).first().waitFor();
  await tiles(page).nth(1).locator('[data-open]').click();
  const viewer = page.getByRole('dialog', { name: 'Photo viewer' });
  await viewer.getByRole('button', { name: 'Info' }).click();
  const id = opened(page);
  const panel = viewer.getByRole('complementary', { name: 'Info' });
  const text = `Seen from the ${size} – schön, 写真`;
  // What was said before must be there, else it may come while the field is being filled.
  await panel.getByText(/\.(jpe?g|png)$/i).first().waitFor();
  const field = panel.getByLabel('Description');
  await field.fill(text);
  await checkAccess();
  await panel.getByRole('heading', { name: 'Info' }).click();
  await page.getByText('Description saved').waitFor();
  assert.equal(await description(context, id), text);
  await page.reload();
  await viewer.waitFor();
  await page.waitForFunction((wanted) => document.querySelector<HTMLTextAreaElement>('aside textarea')?.value === wanted, text);
});

test('words written before the photo is known are kept, however the photo is left', () =>
  visit('desktop', async ({ page, context }) => {
    let isKnown = () => {};
    const held = new Promise<void>((resolve) => (isKnown = resolve));
    await page.route(/\/api\/assets\/[^/]+$/, async (route) => {
      if (route.request().method() === 'GET') await held;
      await route.continue().catch(() => undefined); // The page may have gone on.
    });
    await page.goto('/');
    await tiles(page).nth(2).locator('[data-open]').click();
    const viewer = page.getByRole('dialog', { name: 'Photo viewer' });
    await viewer.getByRole('button', { name: 'Info' }).click();
    const id = opened(page);
    const field = viewer.getByLabel('Description');
    await field.fill('Written early');
    await field.blur();
    await page.getByText('Description saved').waitFor();
    assert.equal(await field.inputValue(), 'Written early');

    await field.fill('Left with the photo');
    await page.evaluate(() => history.back());
    await viewer.waitFor({ state: 'hidden' });
    await until(async () => (await description(context, id)) === 'Left with the photo');
    isKnown();
  }));

test('a video plays, a photo is zoomed, and a slideshow goes on by itself', () =>
  visit('desktop', async ({ page, context, checkAccess }) => {
    const { assets } = await call<{ assets: { items: { id: string }[] } }>(context, 'POST', '/search/metadata', { type: 'VIDEO' });
    // As people open it: a browser plays nothing with sound that nobody has asked for.
    await page.goto('/');
    await page.locator(`[data-photo="${assets.items[0]?.id}"] [data-open]`).click();
    await page.waitForFunction(() => (document.querySelector('video')?.currentTime ?? 0) > 0);
    await checkAccess();

    const [first] = await somePhotos(context);
    await page.goto(`/?photo=${first?.id}`);
    const viewer = page.getByRole('dialog', { name: 'Photo viewer' });
    await page.locator('img.preview.ready').first().waitFor();
    const whole = viewer.getByRole('button', { name: 'Whole photo' });
    await page.keyboard.press('+');
    await whole.waitFor();
    await page.keyboard.press('0');
    await whole.waitFor({ state: 'detached' });
    await page.mouse.move(700, 450);
    await page.mouse.wheel(0, -400);
    await whole.click();
    await whole.waitFor({ state: 'detached' });

    await page.goto('/');
    await tiles(page).nth(1).locator('[data-open]').click();
    await viewer.getByRole('button', { name: 'Next' }).waitFor();
    const shown = opened(page);
    await page.clock.install();
    await page.keyboard.press('Space');
    await viewer.getByRole('button', { name: 'Pause' }).waitFor();
    await page.clock.fastForward(5000);
    await page.waitForFunction((before) => new URL(location.href).searchParams.get('photo') !== before, shown);
  }));
