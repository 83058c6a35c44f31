import assert from 'node:assert/strict';
import type { BrowserContext, Page } from 'playwright-core';
import { base, call, onBoth, visit } from './browser';

interface Found {
  assets: { items: { id: string; originalFileName: string }[] };
}
interface Frame {
  id: string;
  name: string;
  shows: string;
  seenAt: string | null;
}

async function codeOf(page: Page): Promise<string> {
  const code = page.locator('[data-code]');
  await code.waitFor();
  return (await code.getAttribute('data-code')) ?? '';
}

async function albumOf(context: BrowserContext, name: string): Promise<{ album: string; photo: string }> {
  const { assets } = await call<Found>(context, 'POST', '/search/metadata', { type: 'IMAGE', visibility: 'timeline', order: 'asc' });
  const photo = assets.items[0]?.id ?? '';
  const { id: album } = await call<{ id: string }>(context, 'POST', '/albums', { albumName: name, assetIds: [photo] });
  await call(context, 'PUT', `/assets/${photo}`, { description: 'At the lake, in the evening' });
  return { album, photo };
}

onBoth('a screen is paired by a code, shows what is chosen, and is ended', async ({ page, context, size, checkAccess }) => {
  const name = `Kitchen ${size}`;
  const { album } = await albumOf(context, `For the frame ${size}`);
  // The screen is another browser, in which nobody is signed in.
  await visit(
    size,
    async ({ page: screen, context: device, checkAccess: checkScreen }) => {
      await screen.goto('/frame');
      const code = await codeOf(screen);
      assert.match(code, /^[A-HJ-NP-Z2-9]{6}$/);
      await screen.getByRole('img', { name: 'Leads to the page' }).waitFor();
      await checkScreen();

      // As the phone's camera opens it; a wrong code is said.
      await page.goto(`/settings?frame=${code}`);
      const dialog = page.getByRole('dialog', { name: 'Connect a frame' });
      const field = dialog.getByLabel('Code on the screen');
      assert.equal(await field.inputValue(), code);
      await field.fill('222222');
      await dialog.getByLabel('Name').fill(name);
      await dialog.getByLabel('It shows').selectOption({ label: 'An album' });
      await dialog.getByLabel('Album', { exact: true }).selectOption({ label: `For the frame ${size}` });
      await dialog.getByRole('button', { name: 'Connect', exact: true }).click();
      await dialog.getByText('No screen shows this code').waitFor();
      await checkAccess();
      await field.fill(`${code.slice(0, 3).toLowerCase()} ${code.slice(3)}`);
      await dialog.getByRole('button', { name: 'Connect', exact: true }).click();
      await dialog.waitFor({ state: 'hidden' });
      const row = page.getByRole('region', { name: 'Picture frames' }).getByRole('listitem').filter({ hasText: name });
      await row.getByText(`An album: For the frame ${size}`).waitFor();
      await checkAccess();

      // The screen sees it by itself: photo, caption, clock; no login is left on it.
      await screen.getByRole('img', { name: 'At the lake, in the evening' }).waitFor();
      await screen.waitForFunction(() => (document.querySelector<HTMLImageElement>('img.photo')?.naturalWidth ?? 0) > 0);
      await screen.locator('time').waitFor();
      await checkScreen();
      assert.deepEqual(await device.cookies(), []);
      assert.equal((await device.request.get(`${base}/api/users/me`)).status(), 401);
      await screen.reload();
      await screen.getByRole('img', { name: 'At the lake, in the evening' }).waitFor();

      // Something else is chosen.
      await row.getByRole('button', { name: `Change ${name}` }).click();
      const change = page.getByRole('dialog', { name: 'Change the frame' });
      await change.getByLabel('It shows').selectOption({ label: 'What is recent' });
      await change.getByRole('button', { name: 'Save' }).click();
      await row.getByText('What is recent').waitFor();
      const [frame] = (await call<Frame[]>(context, 'GET', '/frames')).filter((one) => one.name === name);
      assert.ok(frame?.seenAt, 'its use is known');
      await screen.reload();
      const now = screen.locator('img.photo');
      await now.waitFor();
      const before = await now.getAttribute('src');
      await screen.keyboard.press('ArrowRight');
      await screen.waitForFunction((url) => document.querySelector('img.photo')?.getAttribute('src') !== url, before);

      // The end: the screen asks for a code again as soon as the next photo is due.
      await row.getByRole('button', { name: `End ${name}` }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'End it' }).click();
      await row.waitFor({ state: 'detached' });
      for (let steps = 0; steps < 3; steps += 1) await screen.keyboard.press('ArrowRight');
      assert.notEqual(await codeOf(screen), code);
    },
    { isSignedIn: false },
  );
  await call(context, 'DELETE', `/albums/${album}`);
});

onBoth(
  'a frame shows a shared link, too',
  async ({ page, context, size, checkAccess }) => {
    const { album } = await albumOf(context, `Linked ${size}`);
    const { key } = await call<{ key: string }>(context, 'POST', '/shared-links', { type: 'ALBUM', albumId: album });
    await page.goto('/frame');
    await page.getByText('Show a shared link instead').click();
    await page.getByLabel('Shared link').fill(`${base}/share/${key}`);
    await checkAccess();
    await page.getByRole('button', { name: 'Start' }).click();
    await page.locator('img.photo').waitFor();
    await checkAccess();
    await page.mouse.move(10, 10);
    await page.getByRole('button', { name: 'Another link' }).click();
    await codeOf(page);
    await call(context, 'DELETE', `/albums/${album}`);
  },
);
