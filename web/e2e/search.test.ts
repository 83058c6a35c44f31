import { onBoth, tiles } from './browser';

onBoth('filters that find nothing are said, and widened with one press', async ({ page, checkAccess }) => {
  await page.goto('/search');
  await page.getByRole('button', { name: 'Filters' }).click();
  const filters = page.getByRole('dialog', { name: 'Filters' });
  await filters.getByLabel('Kind').selectOption({ label: 'Photos' });
  await filters.getByLabel('From').fill('1999-01-01');
  await filters.getByLabel('To').fill('1999-12-31');
  await checkAccess();
  await filters.getByRole('button', { name: 'Show' }).click();
  await page.getByRole('heading', { name: 'Nothing found' }).waitFor();
  await page.getByText('Fewer filters find more').waitFor();
  await checkAccess();
  await page.getByRole('button', { name: 'Without filters' }).click();
  // Nothing is asked for any more: the page to begin at.
  await page.getByText('Fewer filters find more').waitFor({ state: 'hidden' });
  await page.goto('/search?type=IMAGE&takenAfter=1999-01-01&takenBefore=1999-12-31');
  await page.getByRole('button', { name: /^Remove “since/ }).click();
  await page.getByRole('button', { name: /^Remove “until/ }).click();
  await tiles(page).first().waitFor();
});
