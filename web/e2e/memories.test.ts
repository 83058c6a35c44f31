import { call, onBoth, somePhotos, tiles } from './browser';

onBoth('memories of today stand above the photos and are told as a story', async ({ page, context, size, checkAccess }) => {
  const years = size === 'desktop' ? 2 : 3;
  const year = new Date().getFullYear() - years;
  const today = new Date().toISOString().slice(0, 10);
  const assetIds = (await somePhotos(context)).slice(5, 7).map((photo) => photo.id);
  const day = { showAt: `${today}T00:00:00.000Z`, hideAt: `${today}T23:59:59.999Z`, memoryAt: `${year}${today.slice(4)}T00:00:00.000Z` };
  const { id } = await call<{ id: string }>(context, 'POST', '/memories', { type: 'on_this_day', data: { year }, assetIds, ...day });

  await page.goto('/');
  const memory = page.getByRole('region', { name: 'Memories' }).getByRole('link', { name: `${years} years ago` });
  await tiles(page).first().waitFor();
  // If the photos were quicker, it comes once they have been scrolled.
  await page.getByRole('region', { name: 'Photos' }).evaluate((list) => (list.scrollTop = 600));
  await memory.waitFor();
  await page.reload();
  await memory.waitFor();
  await tiles(page).first().waitFor();
  await checkAccess();
  await memory.click();
  const story = page.getByRole('dialog', { name: `${years} years ago` });
  await story.getByRole('button', { name: 'Close' }).waitFor();
  await checkAccess();
  await page.keyboard.press('Escape');
  await story.waitFor({ state: 'detached' });
  await tiles(page).first().waitFor();
  await call(context, 'DELETE', `/memories/${id}`);
});
