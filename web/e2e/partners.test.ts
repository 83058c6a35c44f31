import { test } from 'node:test';
import { base, call, tiles, visit } from './browser';

test('all photos are shared with a partner, who sees them in their own timeline', () =>
  visit('desktop', async ({ page, context, checkAccess }) => {
    const ben = { email: 'ben@example.org', password: 'another long word', name: 'Ben' };
    await call(context, 'POST', '/admin/users', { ...ben, shouldChangePassword: false });
    await page.goto('/partners');
    await page.getByText('Nobody shares everything yet').waitFor();
    await checkAccess();
    await page.getByRole('button', { name: 'Add a partner' }).click();
    await page.getByRole('dialog', { name: 'Add a partner' }).getByRole('button', { name: /^Ben/ }).click();
    await page.getByRole('dialog', { name: 'Share all your photos with Ben?' }).getByRole('button', { name: 'Share everything' }).click();
    await page.getByText('Ben sees your photos now').waitFor();
    await page.getByRole('heading', { name: 'They see your photos' }).waitFor();
    await checkAccess();

    await context.clearCookies();
    await context.request.post(`${base}/api/auth/login`, { data: ben });
    await page.goto('/partners');
    await page.getByRole('heading', { name: 'You see their photos' }).waitFor();
    await page.getByRole('switch', { name: 'Show them in my timeline' }).check();
    await checkAccess();
    await page.getByRole('link', { name: 'Look' }).click();
    await page.getByRole('heading', { name: 'Photos of Ada' }).waitFor();
    await tiles(page).first().waitFor();
    await checkAccess();
  }));
