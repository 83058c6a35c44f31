import { test } from 'node:test';
import { call, somePhotos, visit } from './browser';

test('a link is changed and taken back', () =>
  visit('desktop', async ({ page, context, checkAccess }) => {
    const assetIds = (await somePhotos(context)).slice(0, 2).map(({ id }) => id);
    const link = await call<{ key: string }>(context, 'POST', '/shared-links', { type: 'INDIVIDUAL', assetIds, description: 'For the neighbours' });
    await page.goto('/shared-links');
    const row = (name: string) => page.getByRole('listitem').filter({ hasText: name });
    await row('For the neighbours').waitFor();
    await checkAccess();
    await row('For the neighbours').getByRole('button', { name: 'More' }).click();
    await page.getByRole('menuitem', { name: 'Edit' }).click();
    const dialog = page.getByRole('dialog', { name: 'Edit link' });
    await dialog.getByLabel('Title').fill('For the street');
    await dialog.getByLabel('Works for').selectOption({ label: '7 days' });
    await dialog.getByRole('switch', { name: 'Allow download' }).uncheck();
    await checkAccess();
    await dialog.getByRole('button', { name: 'Save' }).click();
    await row('For the street').getByText(/works until .* · no download/).waitFor();

    await row('For the street').getByRole('button', { name: 'More' }).click();
    await page.getByRole('menuitem', { name: 'Delete link' }).click();
    await page.getByRole('dialog', { name: 'Delete the link to “For the street”?' }).getByRole('button', { name: 'Delete link' }).click();
    await row('For the street').waitFor({ state: 'detached' });
    await page.goto(`/share/${link.key}`);
    await page.getByText('This link does not work any more').waitFor();
  }));
