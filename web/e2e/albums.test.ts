import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ada, call, newcomer, onBoth, signIn, somePhotos, tiles, until, visit } from './browser';

onBoth('an album that somebody deleted while it was open', async ({ page, context }) => {
  const album = await call<{ id: string }>(context, 'POST', '/albums', { albumName: 'Gone soon' });
  const connected = page.waitForEvent('websocket', { predicate: (socket) => socket.url().includes('socket.io') });
  await page.goto(`/albums/${album.id}`);
  const name = page.getByRole('textbox', { name: 'Name' });
  await name.waitFor();
  await connected;
  await page.waitForTimeout(500);
  await call(context, 'PATCH', `/albums/${album.id}`, { albumName: 'Gone very soon' });
  await until(async () => (await name.inputValue()) === 'Gone very soon');
  await call(context, 'DELETE', `/albums/${album.id}`);
  await page.getByText('This album is gone').waitFor();
});

onBoth('an album is renamed, and deleted from its menu', async ({ page, context, size, checkAccess }) => {
  const { assets } = await call<{ assets: { items: { id: string }[] } }>(context, 'POST', '/search/metadata', { order: 'desc' });
  const assetIds = assets.items.slice(0, 3).map((asset) => asset.id);
  const { id } = await call<{ id: string }>(context, 'POST', '/albums', { albumName: `Trip ${size}`, assetIds });
  await page.goto('/albums');
  await page.getByRole('link', { name: `Trip ${size}` }).click();
  await tiles(page).nth(2).waitFor();
  const name = page.getByRole('textbox', { name: 'Name' });
  await name.fill(`Journey ${size}`);
  await name.press('Enter');
  await until(async () => (await call<{ albumName: string }>(context, 'GET', `/albums/${id}`)).albumName.startsWith('Journey'));
  await page.getByRole('button', { name: 'More', exact: true }).and(page.locator('main button')).click();
  const menu = page.getByRole('menu', { name: 'More' });
  await menu.getByRole('menuitem', { name: 'Delete album' }).waitFor();
  await checkAccess();
  await menu.getByRole('menuitem', { name: 'Delete album' }).click();
  const question = page.getByRole('dialog', { name: `Delete “Journey ${size}”?` });
  await checkAccess();
  await question.getByRole('button', { name: 'Delete album' }).click();
  await page.getByRole('heading', { name: 'Albums', exact: true }).waitFor();
  await page.getByText(`Journey ${size}`).waitFor({ state: 'detached' });
});

onBoth('a member who may only look talks about one photo, and the owner takes that away', async ({ page, context, size, checkAccess }) => {
  const member = await newcomer(context, `Carla ${size}`);
  const assetIds = (await somePhotos(context)).slice(0, 2).map(({ id }) => id);
  const { id } = await call<{ id: string }>(context, 'POST', '/albums', { albumName: `Summer ${size}`, assetIds });
  await page.goto(`/albums/${id}`);
  await page.getByRole('button', { name: 'Share album' }).click();
  const sharing = page.getByRole('dialog', { name: 'Share album' });
  await sharing.getByRole('button', { name: `Add: ${member.name}` }).click();
  await sharing.getByLabel(`What ${member.name} may do`).selectOption({ label: 'May look' });
  await checkAccess();
  await sharing.getByRole('button', { name: 'Done' }).click();

  await signIn(context, member);
  await page.goto(`/albums/${id}`);
  await tiles(page).nth(1).locator('[data-open]').click();
  const viewer = page.getByRole('dialog', { name: 'Photo viewer' });
  await viewer.getByRole('button', { name: 'Comments' }).click();
  const panel = viewer.getByRole('complementary', { name: 'Comments' });
  await panel.getByRole('button', { name: 'Like this photo' }).click();
  await panel.getByLabel('Write a comment').fill('Was that you?');
  await panel.getByRole('button', { name: 'Send' }).click();
  await panel.getByRole('paragraph').getByText('Was that you?').waitFor();
  await checkAccess();
  await page.goto(`/albums/${id}`);
  await tiles(page).first().waitFor();
  assert.equal(await page.locator('main').getByRole('button', { name: 'Add photos' }).count(), 0);

  await signIn(context, ada);
  await page.goto(`/albums/${id}`);
  await tiles(page).nth(1).locator('[data-open]').click();
  await viewer.getByRole('button', { name: 'Comments' }).click();
  const said = panel.getByRole('listitem').filter({ hasText: 'Was that you?' });
  await said.getByRole('button', { name: 'Remove' }).click();
  await page.getByRole('dialog').last().getByRole('button', { name: 'Remove' }).click();
  await said.waitFor({ state: 'detached' });
  await panel.getByText('likes this photo').waitFor();
  await call(context, 'DELETE', `/albums/${id}`);
});

test('the order of an album changes where it is, without loading the page again', () =>
  visit('desktop', async ({ page, context }) => {
    const assetIds = (await somePhotos(context)).slice(0, 5).map((photo) => photo.id);
    const { id } = await call<{ id: string }>(context, 'POST', '/albums', { albumName: 'In order', assetIds });
    await page.goto(`/albums/${id}`);
    const first = () => tiles(page).first().getAttribute('data-photo');
    const before = await first();
    await page.evaluate(() => ((window as { isSame?: boolean }).isSame = true));
    await page.getByRole('button', { name: 'More', exact: true }).and(page.locator('main button')).click();
    await page.getByRole('menuitem', { name: 'Oldest first' }).click();
    await until(async () => (await first()) !== before);
    assert.ok(await page.evaluate(() => (window as { isSame?: boolean }).isSame));
    await call(context, 'DELETE', `/albums/${id}`);
  }));

test('an album is saved by the browser as it comes, under its name; a refusal is told and the page stays', () =>
  visit('desktop', async ({ page, context }) => {
    const assetIds = (await somePhotos(context)).slice(0, 3).map(({ id }) => id);
    const album = await call<{ id: string }>(context, 'POST', '/albums', { albumName: 'Größe / 写真 100%', assetIds });
    await page.goto(`/albums/${album.id}`);
    await tiles(page).nth(2).waitFor();
    await page.evaluate(() => {
      URL.createObjectURL = () => {
        throw new Error('held in memory');
      };
    });
    const save = async () => {
      await page.getByRole('button', { name: 'More' }).first().click();
      await page.getByRole('menuitem', { name: 'Download all' }).click();
    };
    const coming = page.waitForEvent('download');
    await save();
    const download = await coming;
    assert.equal(download.suggestedFilename().replaceAll(/[/_ ]+/g, ' '), 'Größe 写真 100%.zip');
    const bytes = readFileSync(await download.path());
    assert.equal(bytes.subarray(0, 4).toString('latin1'), 'PK\u0003\u0004');
    assert.equal(bytes.toString('latin1').split('PK\u0001\u0002').length - 1, 3);

    await page.route('**/api/download/archive', (route) => route.fulfill({ status: 400, json: { message: 'Not found or no asset.download access' } }));
    await save();
    await page.getByText('That is no longer there, or no longer shared with you.').waitFor();
    await tiles(page).first().waitFor();
    await page.unrouteAll({ behavior: 'ignoreErrors' });
  }));
