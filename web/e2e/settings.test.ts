import assert from 'node:assert/strict';
import { test } from 'node:test';
import { base, newcomer, onBoth, signIn, tiles, visit } from './browser';

test('a key for a program is made, works, and is deleted', () =>
  visit('desktop', async ({ page, checkAccess }) => {
    await page.goto('/settings');
    const keys = page.getByRole('region', { name: 'API keys' });
    await keys.getByRole('button', { name: 'New key' }).click();
    const dialog = page.getByRole('dialog', { name: 'New key' });
    await dialog.getByLabel('What is it for?').fill('The scanner');
    await dialog.getByRole('switch', { name: 'See photos' }).check();
    await checkAccess();
    await dialog.getByRole('button', { name: 'Create' }).click();
    const secret = await dialog.getByLabel('Your key').inputValue();
    await checkAccess();
    await dialog.getByRole('button', { name: 'Done' }).click();
    const ask = () => fetch(`${base}/api/albums`, { headers: { 'x-api-key': secret } });
    assert.equal((await ask()).status, 200);
    await keys.getByRole('button', { name: 'Delete key The scanner' }).click();
    await page.getByRole('dialog', { name: 'Delete the key “The scanner”?' }).getByRole('button', { name: 'Delete' }).click();
    await keys.getByText('The scanner').waitFor({ state: 'detached' });
    assert.equal((await ask()).status, 401);
  }));

test('other devices are signed out, and the password is changed', () =>
  visit('desktop', async ({ page, context, checkAccess }) => {
    const person = await newcomer(context, 'Dora');
    await signIn(context, person);
    const elsewhere = async (password: string) => {
      const response = await fetch(`${base}/api/auth/login`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ email: person.email, password }) });
      return response.status === 201 ? ((await response.json()) as { accessToken: string }).accessToken : undefined;
    };
    const isIn = async (token = '') => (await fetch(`${base}/api/users/me`, { headers: { authorization: `Bearer ${token}` } })).ok;
    const phone = await elsewhere(person.password);
    assert.ok(await isIn(phone));
    await page.goto('/settings');
    const devices = page.getByRole('region', { name: 'Devices' });
    await devices.getByText('This device').waitFor();
    await devices.getByRole('button', { name: 'Sign out all others' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Sign out all others' }).click();
    await devices.getByRole('button', { name: /^Sign out/ }).first().waitFor({ state: 'detached' });
    assert.ok(!(await isIn(phone)));

    const password = page.getByRole('region', { name: 'Password', exact: true });
    await password.getByLabel('Password until now').fill('not this one');
    await password.getByLabel('New password').fill('an even longer word');
    await password.getByRole('button', { name: 'Change password' }).click();
    await page.getByRole('status').getByText(/password/i).waitFor();
    assert.equal(await password.getByLabel('New password').inputValue(), 'an even longer word');
    await password.getByLabel('Password until now').fill(person.password);
    await password.getByRole('button', { name: 'Change password' }).click();
    await page.getByText('Password changed').waitFor();
    await checkAccess();
    assert.equal(await elsewhere(person.password), undefined);
    assert.ok(await isIn(await elsewhere('an even longer word')));
  }));

onBoth('dark and German, on this device, until it is chosen otherwise', async ({ page, checkAccess }) => {
  await page.goto('/settings');
  await page.getByRole('button', { name: 'Dark' }).click();
  await page.getByRole('button', { name: 'Deutsch' }).click();
  await page.getByRole('heading', { name: 'Einstellungen' }).waitFor();
  await checkAccess();
  for (const [path, heading] of [['/', /20\d\d/], ['/search', 'Suche'], ['/albums', 'Alben'], ['/admin', 'Konten']] as const) {
    await page.goto(path);
    await page.getByRole('heading', { name: heading }).first().waitFor();
    if (path === '/') await tiles(page).first().waitFor();
    assert.deepEqual(await page.evaluate(() => [document.documentElement.lang, document.documentElement.dataset['appearance']]), ['de', 'dark']);
    await checkAccess();
  }
  await page.keyboard.press('?');
  await page.getByRole('heading', { name: 'Tastenkürzel' }).waitFor();
  await checkAccess();
});

test('what a person turns off is not offered any more', () =>
  visit('desktop', async ({ page, context }) => {
    await signIn(context, await newcomer(context, 'Emmy'));
    await page.goto('/settings');
    const side = page.getByRole('navigation', { name: 'Main' }).first();
    const preferences = page.getByRole('region', { name: 'Preferences' });
    for (const [what, page] of [['memories', 'Memories'], ['people', 'People'], ['tags', 'Tags'], ['folders', 'Folders']]) {
      await side.getByRole('link', { name: page, exact: true }).waitFor();
      await preferences.getByRole('switch', { name: `Show ${what}` }).uncheck();
      await side.getByRole('link', { name: page, exact: true }).waitFor({ state: 'detached' });
    }
    await preferences.getByRole('switch', { name: 'Show tags' }).check();
    await side.getByRole('link', { name: 'Tags', exact: true }).waitFor();
  }));
