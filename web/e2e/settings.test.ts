import assert from 'node:assert/strict';
import { test } from 'node:test';
import { base, newcomer, onBoth, signIn, tiles, until, visit } from './browser';

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

onBoth('a name that was typed and not saved is asked about before the page is left', async ({ page, size, checkAccess }) => {
  await page.goto('/albums');
  await page.getByRole('heading', { name: 'Albums', exact: true }).waitFor();
  // As people come here, so that there is a way back.
  await page.getByRole('button', { name: /^Account/ }).click();
  await page.getByRole('menuitem', { name: 'Settings' }).click();
  const name = page.getByRole('region', { name: 'Profile' }).getByLabel('Name');
  const before = await name.inputValue();
  const question = page.getByRole('dialog', { name: 'Leave without saving?' });
  const stay = async () => {
    await question.getByRole('button', { name: 'Cancel' }).click();
    await question.waitFor({ state: 'detached' });
    assert.equal(await name.inputValue(), 'Ada Lovelace');
    assert.equal(new URL(page.url()).pathname, '/settings');
  };
  await name.fill('Ada Lovelace');
  await page.getByRole('link', { name: 'Photos', exact: true }).first().click();
  await question.waitFor();
  await checkAccess();
  await stay();
  await page.evaluate(() => history.back());
  await question.waitFor();
  await stay();
  if (size === 'desktop') {
    await page.getByRole('heading', { name: 'Settings' }).click();
    await page.keyboard.press('/');
    await question.waitFor();
    await stay();
  }
  // The browser asks in its own words before it loads the page again.
  const asked = page.waitForEvent('dialog');
  const reload = page.reload().catch(() => undefined);
  const dialog = await asked;
  assert.equal(dialog.type(), 'beforeunload');
  await dialog.dismiss();
  await Promise.race([reload, page.waitForTimeout(500)]);
  assert.equal(await name.inputValue(), 'Ada Lovelace');

  await page.evaluate(() => history.back());
  await question.getByRole('button', { name: 'Leave' }).click();
  await page.getByRole('heading', { name: 'Albums', exact: true }).waitFor();
  await page.goBack().catch(() => undefined);
  await page.goto('/settings');
  await until(async () => (await name.inputValue()) === before);
  // What was put back as it was is nothing to ask about.
  await name.fill('Ada Lovelace');
  await name.fill(before);
  await page.getByRole('link', { name: 'Photos', exact: true }).first().click();
  await tiles(page).first().waitFor();
});

test('a form in a dialog is not lost on the way back', () =>
  visit('desktop', async ({ page }) => {
    await page.goto('/admin');
    await page.getByRole('link', { name: 'Albums' }).first().click();
    await page.getByRole('button', { name: 'New album' }).first().click();
    const dialog = page.getByRole('dialog', { name: 'New album' });
    await dialog.getByRole('textbox').first().fill('The lake');
    await page.evaluate(() => history.back());
    await page.getByRole('dialog', { name: 'Leave without saving?' }).getByRole('button', { name: 'Cancel' }).click();
    assert.equal(await dialog.getByRole('textbox').first().inputValue(), 'The lake');
    assert.equal(new URL(page.url()).pathname, '/albums');
  }));
