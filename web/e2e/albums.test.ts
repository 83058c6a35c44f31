import { call, onBoth, tiles, until } from './browser';

onBoth('an album that somebody deleted while it was open', async ({ page, context }) => {
  const album = await call<{ id: string }>(context, 'POST', '/albums', { albumName: 'Gone soon' });
  await call(context, 'DELETE', `/albums/${album.id}`);
  await page.goto(`/albums/${album.id}`);
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
