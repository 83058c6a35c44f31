import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ada, base, call, onBoth, photos, until, visit } from './browser';

onBoth('a setting of the server is changed, refused where it is wrong, and set back', async ({ page, context, checkAccess }) => {
  const before = await call<{ trash: { days: number } }>(context, 'GET', '/system-config');
  await page.goto('/admin');
  await page.getByRole('heading', { name: 'Accounts' }).waitFor();
  await checkAccess();
  await page.getByRole('link', { name: 'Settings', exact: true }).and(page.locator('main a')).click();
  const trash = page.getByRole('region', { name: 'Trash' });
  const days = trash.getByLabel('Days in the trash');
  await days.fill('12');
  await trash.getByText(`Usually: ${before.trash.days}.`).waitFor();
  await trash.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Saved', { exact: true }).waitFor();
  assert.equal((await call<typeof before>(context, 'GET', '/system-config')).trash.days, 12);
  await checkAccess();

  const backup = page.getByRole('region', { name: 'Backup of the database' });
  const when = backup.getByLabel('When');
  await when.fill('every full moon');
  await backup.getByRole('button', { name: 'Save' }).click();
  await backup.getByRole('alert').waitFor();
  // What was typed stays, marked.
  assert.equal(await when.inputValue(), 'every full moon');
  assert.equal(await when.getAttribute('aria-invalid'), 'true');
  await checkAccess();
  await backup.getByRole('button', { name: 'Cancel' }).click();

  await trash.getByRole('button', { name: 'As it usually is' }).click();
  await trash.getByRole('button', { name: 'Save' }).click();
  await until(async () => (await call<typeof before>(context, 'GET', '/system-config')).trash.days === before.trash.days);
  assert.deepEqual(await call(context, 'GET', '/system-config'), before);
});

onBoth('the work and the health of the library', async ({ page, checkAccess }) => {
  await page.goto('/admin/work');
  await page.getByText('Previews', { exact: true }).waitFor();
  await checkAccess();
  await page.goto('/admin/health');
  await page.getByText('Every original is as it was taken in').waitFor();
  await checkAccess();
});

test('a name, a picture and notifications of one’s own', () =>
  visit('desktop', async ({ page, context, checkAccess }) => {
    const me = await call<{ id: string }>(context, 'GET', '/users/me');
    const note = { title: 'Disk nearly full', description: 'Two gigabytes are left', type: 'Custom', level: 'warning', userId: me.id };
    await call(context, 'POST', '/admin/notifications', note);
    await page.goto('/settings');
    const notes = page.getByRole('region', { name: 'Notifications' });
    const mine = notes.getByRole('listitem').filter({ hasText: 'Two gigabytes are left' });
    await mine.getByText(/ · new$/).waitFor();
    const bell = page.getByRole('link', { name: /new message/ });
    await bell.waitFor();
    await checkAccess();
    await notes.getByRole('button', { name: 'Mark all as read' }).click();
    await mine.getByText(/ · new$/).waitFor({ state: 'hidden' });
    await bell.waitFor({ state: 'hidden' });
    await mine.getByRole('button', { name: 'Delete: Disk nearly full' }).click();
    await mine.waitFor({ state: 'hidden' });

    const profile = page.getByRole('region', { name: 'Profile' });
    const chooser = page.waitForEvent('filechooser');
    await profile.getByRole('button', { name: 'Choose a picture' }).click();
    await (await chooser).setFiles(photos().filter((file) => file.endsWith('.jpg')).slice(0, 1));
    await profile.getByRole('button', { name: 'Without picture' }).waitFor();
    assert.ok((await context.request.get(`${base}/api/users/${me.id}/profile-image`)).ok());
    await page.waitForFunction(() => [...document.querySelectorAll<HTMLImageElement>('.avatar img')].every((image) => image.naturalWidth > 0));
    await checkAccess();
    await profile.getByRole('button', { name: 'Without picture' }).click();
    await profile.getByRole('button', { name: 'Without picture' }).waitFor({ state: 'hidden' });
    await profile.getByLabel('Name').waitFor();
    assert.equal(await profile.getByLabel('Name').inputValue(), ada.name);
  }));

test('an account with a limit is made, changed, and removed', () =>
  visit('desktop', async ({ page, checkAccess }) => {
    await page.goto('/admin');
    const accounts = page.getByRole('region', { name: 'Accounts' });
    await accounts.getByRole('button', { name: 'New account' }).click();
    const dialog = page.getByRole('dialog', { name: 'New account' });
    await dialog.getByLabel('Name').fill('Fritz');
    await dialog.getByLabel('E-mail').fill('fritz@example.org');
    await dialog.getByRole('textbox', { name: 'Password' }).fill('a long enough word');
    await dialog.getByLabel('Storage limit in GB').fill('2');
    await checkAccess();
    await dialog.getByRole('button', { name: 'Create' }).click();
    const row = accounts.getByRole('listitem').filter({ hasText: 'fritz@example.org' });
    await row.getByText('of 2 GB used').waitFor();
    const choose = async (what: string) => {
      await row.getByRole('button', { name: 'What to do with Fritz' }).click();
      await page.getByRole('menuitem', { name: what }).click();
    };
    await choose('Edit');
    const edit = page.getByRole('dialog', { name: 'Account of Fritz' });
    await edit.getByLabel('Storage limit in GB').fill('2.5');
    await edit.getByRole('button', { name: 'Save' }).click();
    await row.getByText('of 2.5 GB used').waitFor();
    await choose('Remove account');
    await page.getByRole('dialog', { name: 'Remove the account of Fritz?' }).getByRole('button', { name: 'Remove account' }).click();
    await row.getByText('Removed; deleted for good').waitFor();
    await checkAccess();
  }));
