import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BrowserContext } from 'playwright-core';
import { ada, call, newcomer, onBoth, signIn, tiles, visit } from './browser';
import { CLIENT, provide } from './provider';

type Config = { oauth: Record<string, unknown> };

async function setProvider(context: BrowserContext, settings: Record<string, unknown>): Promise<void> {
  const config = await call<Config>(context, 'GET', '/system-config');
  Object.assign(config.oauth, settings);
  await call(context, 'PUT', '/system-config', config);
}

test('somebody signs in at a provider; the session that ends in the middle of a comment is renewed there, in another window', () =>
  visit('desktop', async ({ page, context, checkAccess }) => {
    const grace = { sub: 'grace', email: 'grace@example.org', name: 'Grace' };
    const { issuer, server } = await provide(grace);
    try {
      await setProvider(context, { ...CLIENT, enabled: true, issuerUrl: issuer, allowInsecureRequests: true, autoRegister: true, buttonText: 'Sign in with Example' });
      await context.clearCookies();
      await page.goto('/');
      await page.getByRole('button', { name: 'Sign in with Example' }).click();
      await page.getByRole('link', { name: 'Continue as Grace' }).click();
      await page.getByRole('button', { name: 'Account of Grace' }).waitFor();

      await page.goto('/settings');
      const name = page.getByRole('region', { name: 'Profile' }).getByLabel('Name');
      await name.fill('Grace Hopper');
      await context.clearCookies();
      await page.getByRole('region', { name: 'Profile' }).getByRole('button', { name: 'Save' }).evaluate((button: HTMLElement) => button.click());
      const dialog = page.getByRole('dialog', { name: 'Please sign in again' });
      await dialog.waitFor();
      await checkAccess();
      const opening = page.waitForEvent('popup');
      await dialog.getByRole('button', { name: 'Sign in with Example' }).click();
      const other = await opening;
      const closing = other.waitForEvent('close');
      await other.getByRole('link', { name: 'Continue as Grace' }).click();
      // The other window has done its work; this one goes on by itself, with what was asked for.
      await closing;
      await dialog.waitFor({ state: 'detached' });
      await page.getByText('Saved').waitFor();
      assert.equal(await name.inputValue(), 'Grace Hopper');
      assert.equal((await call<{ name: string }>(context, 'GET', '/users/me')).name, 'Grace Hopper');
    } finally {
      server.close();
      server.closeAllConnections();
      await signIn(context, ada);
      await setProvider(context, { enabled: false });
    }
  }));

test('a provider that is away is told of, and the password still opens the door', () =>
  visit('desktop', async ({ page, context, checkAccess }) => {
    const { issuer, server } = await provide({ sub: 'nobody', email: 'nobody@example.org', name: 'Nobody' });
    try {
      await setProvider(context, { ...CLIENT, enabled: true, issuerUrl: issuer, allowInsecureRequests: true, buttonText: 'Sign in with Example' });
      server.close();
      server.closeAllConnections();
      await context.clearCookies();
      await page.goto('/');
      await page.getByRole('button', { name: 'Sign in with Example' }).click();
      await page.getByRole('alert').first().waitFor();
      await checkAccess();
      await page.getByLabel('E-mail').fill(ada.email);
      await page.getByLabel('Password').fill(ada.password);
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
      await tiles(page).first().waitFor();
    } finally {
      await signIn(context, ada);
      await setProvider(context, { enabled: false });
    }
  }));

onBoth('an expired session asks for the password where it is, a wrong one is refused, and another person sees nothing of it', async ({ page, context, size, checkAccess }) => {
  const person = await newcomer(context, `Tove ${size}`);
  await page.goto('/settings');
  const name = page.getByRole('region', { name: 'Profile' }).getByLabel('Name');
  await name.fill('Ada of the night');
  const expire = async () => {
    await context.clearCookies();
    // Something else of the page may have learned of it before, and the dialog lie over the button.
    await page.getByRole('region', { name: 'Profile' }).getByRole('button', { name: 'Save' }).evaluate((button: HTMLElement) => button.click());
    await dialog.waitFor();
  };
  const dialog = page.getByRole('dialog', { name: 'Please sign in again' });
  await expire();
  await checkAccess();
  await dialog.getByLabel('Password').fill('wrong');
  await dialog.getByRole('button', { name: 'Sign in' }).click();
  await dialog.getByText('password').last().waitFor();
  await dialog.getByLabel('Password').fill(ada.password);
  await dialog.getByRole('button', { name: 'Sign in' }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByText('Saved').waitFor();
  assert.equal(await name.inputValue(), 'Ada of the night');

  await name.fill('Somebody else');
  page.on('dialog', (asked) => void asked.accept());
  await expire();
  await dialog.getByLabel('E-mail').fill(person.email);
  await dialog.getByLabel('Password').fill(person.password);
  await dialog.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: `Account of ${person.name}` }).waitFor();
  assert.equal(new URL(page.url()).pathname, '/');
  assert.equal((await call<{ name: string }>(context, 'GET', '/users/me')).name, person.name);
  await signIn(context, ada);
  await call(context, 'PUT', '/users/me', { name: ada.name });
});
