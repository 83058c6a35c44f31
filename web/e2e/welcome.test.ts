import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ada, call, onBoth, photos, settled, tiles, visit } from './browser';

test('the first run: an account, an empty library, photos dropped in', () =>
  visit(
    'desktop',
    async ({ page, context, checkAccess }) => {
      await page.goto('/');
      await page.getByLabel('Your name').fill(ada.name);
      await page.getByLabel('E-mail').fill(ada.email);
      await page.getByLabel('Password').fill('short');
      await checkAccess();
      await page.getByLabel('Password').fill(ada.password);
      await page.getByRole('button', { name: 'Create account' }).click();
      await page.getByRole('button', { name: 'Continue' }).waitFor();
      // A reload in the middle loses none of the steps.
      await page.reload();
      await page.getByRole('button', { name: 'Continue' }).click();
      await checkAccess();
      await page.getByRole('button', { name: 'Open my library' }).click();
      await page.getByRole('heading', { name: 'Welcome, Ada' }).waitFor();
      await checkAccess();

      const chooser = page.waitForEvent('filechooser');
      await page.getByRole('button', { name: 'Choose photos' }).click();
      await (await chooser).setFiles(photos());
      await page.getByText('16 files added').waitFor({ timeout: 120_000 });
      await page.getByText('1 file is no photo or video').waitFor();
      await tiles(page).first().waitFor();
      await checkAccess();
      const { images, videos } = await call<{ images: number; videos: number }>(context, 'GET', '/assets/statistics');
      assert.deepEqual([images, videos], [15, 1]);
      // The stories after this one find every photo at its place in time.
      await settled(context);
    },
    { isSignedIn: false },
  ));

onBoth(
  'signing in, with a wrong password first, and out',
  async ({ page, checkAccess }) => {
    await page.goto('/albums');
    await page.getByLabel('E-mail').fill(ada.email);
    await page.getByLabel('Password').fill('wrong horse');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('E-mail or password is wrong.').waitFor();
    await checkAccess();
    await page.getByLabel('Password').fill(ada.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    // The page that was asked for.
    await page.getByRole('heading', { name: 'Albums', exact: true }).waitFor();
    await page.getByRole('button', { name: 'Account of Ada' }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByLabel('E-mail').waitFor();
  },
  { isSignedIn: false },
);
