import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settled, tiles, visit, type Visit } from './browser';

const focused = ({ page }: Visit) => page.evaluate(() => document.activeElement?.closest<HTMLElement>('[data-photo]')?.dataset['photo']);
const ids = ({ page }: Visit) => tiles(page).evaluateAll((all) => all.map((one) => (one as HTMLElement).dataset['photo'] ?? ''));

async function waitForFocus(visit: Visit, id: string) {
  await visit.page.waitForFunction((wanted) => document.activeElement?.closest<HTMLElement>('[data-photo]')?.dataset['photo'] === wanted, id);
}

test('the timeline is used with the keyboard alone', () =>
  visit('desktop', async (visit) => {
    const { page, checkAccess } = visit;
    await page.goto('/');
    await tiles(page).first().waitFor();
    const [first, second, third] = await ids(visit);
    assert.ok(first && second && third);

    // The tab key leads into the grid, to one photo; arrows lead on.
    for (let presses = 0; presses < 40 && (await focused(visit)) === undefined; presses += 1) await page.keyboard.press('Tab');
    await waitForFocus(visit, first);
    await page.keyboard.press('ArrowRight');
    await waitForFocus(visit, second);
    await page.keyboard.press('ArrowLeft');
    await waitForFocus(visit, first);
    await page.keyboard.press('ArrowDown');
    assert.notEqual(await focused(visit), first);
    await page.keyboard.press('ArrowUp');
    await waitForFocus(visit, first);

    // Enter opens, Escape gives the focus back.
    await page.keyboard.press('Enter');
    const viewer = page.getByRole('dialog', { name: 'Photo viewer' });
    await viewer.waitFor();
    await page.keyboard.press('ArrowRight');
    await page.waitForURL(`**/?photo=${second}`);
    await page.keyboard.press('Escape');
    await viewer.waitFor({ state: 'hidden' });
    await waitForFocus(visit, second);

    // Space and Shift with an arrow choose; Escape chooses nothing.
    await page.keyboard.press('Space');
    await page.keyboard.press('Shift+ArrowRight');
    await page.getByRole('toolbar').getByText('2 items').waitFor();
    await checkAccess();
    await page.keyboard.press('Escape');
    await page.getByRole('toolbar').waitFor({ state: 'hidden' });

    // `?` tells all this, `/` searches.
    await page.keyboard.press('?');
    const help = page.getByRole('dialog');
    await help.getByText('Search', { exact: false }).first().waitFor();
    await checkAccess();
    await page.keyboard.press('Escape');
    await help.waitFor({ state: 'hidden' });
    await page.keyboard.press('/');
    await page.waitForURL('**/search');
    await page.goBack();
    await tiles(page).first().waitFor();
  }));

test('what is put into the trash with the keyboard comes back with "Undo"', () =>
  visit('desktop', async (visit) => {
    const { page, context } = visit;
    // What a story before this one has added moves to its place no more.
    await settled(context);
    await page.goto('/');
    await tiles(page).first().waitFor();
    // Several times, with and without live updates: the order in which answers come must not matter.
    for (let time = 0; time < 4; time += 1) {
      const [first, second, third] = await ids(visit);
      assert.ok(first && second && third);
      await page.locator(`[data-photo="${first}"] a`).focus();
      await page.keyboard.press('x');
      await page.keyboard.press('Shift+ArrowRight');
      await waitForFocus(visit, second);
      await page.getByRole('toolbar').getByText('2 items').waitFor();
      await page.keyboard.press('Delete');
      await page.locator(`[data-photo="${first}"]`).waitFor({ state: 'detached' });
      await waitForFocus(visit, third);
      await page.getByRole('button', { name: 'Undo' }).last().click();
      for (const id of [first, second]) await page.locator(`[data-photo="${id}"]`).waitFor();
      await page.waitForFunction((wanted) => [...document.querySelectorAll<HTMLElement>('[data-photo]')].slice(0, 3).map((one) => one.dataset['photo']).join() === wanted, [first, second, third].join());
    }
  }));
