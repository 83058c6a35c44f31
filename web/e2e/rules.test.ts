import assert from 'node:assert/strict';
import { call, onBoth, until } from './browser';

interface Rule {
  name: string | null;
  enabled: boolean;
  trigger: string;
  steps: { method: string; config: Record<string, string> }[];
}

onBoth('a rule is made from a template, turned off, deleted, brought back', async ({ page, context, checkAccess }) => {
  const rules = () => call<Rule[]>(context, 'GET', '/workflows');
  await page.goto('/settings');
  await page.getByRole('link', { name: 'See the rules' }).click();
  await page.getByRole('heading', { name: 'New rule' }).waitFor();
  await checkAccess();
  await page.getByRole('link', { name: /^Screenshots/ }).click();
  await page.getByLabel('Pattern, as in *screenshot*').waitFor();
  await checkAccess();
  await page.getByRole('button', { name: 'Save' }).click();
  const mine = page.getByRole('list', { name: 'Your rules' });
  const on = mine.getByRole('switch', { name: /Screenshots/ });
  await mine.getByText('When a photo or video comes: if its name fits *screenshot*, put it into the archive.').waitFor();
  await checkAccess();
  await on.focus();
  await page.keyboard.press('Space');
  await until(async () => (await rules())[0]?.enabled === false);
  await mine.getByRole('button', { name: 'What to do with the rule Screenshots' }).click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  await mine.waitFor({ state: 'hidden' });
  await page.getByRole('button', { name: 'Undo' }).click();
  await on.waitFor();
  assert.ok(!(await on.isChecked()));
  await mine.getByRole('button', { name: 'What to do with the rule Screenshots' }).click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  await until(async () => (await rules()).length === 0);
});

onBoth('an empty rule becomes a sentence; what it lacks is said at its step, and nothing is lost by leaving', async ({ page, context, checkAccess, size }) => {
  const album = `Birds ${size}`;
  await page.goto('/settings/rules/new');
  await page.getByLabel('Name').fill('Birds');
  const add = async (which: string, what: string) => {
    await page.getByRole('button', { name: which }).press('Enter');
    await page.getByRole('menuitem', { name: what }).press('Enter');
  };
  await add('Add a condition', 'the camera is a certain one');
  await page.getByText('its camera and its place are not known yet').waitFor();
  await page.getByLabel('What sets it off').selectOption({ label: 'When its date, place and camera are known' });
  await page.getByLabel('Maker or model').fill('Nikon');
  await add('Add a condition', 'the file’s name fits a pattern');
  await page.getByLabel('Pattern, as in *screenshot*').fill('[z-a]');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('The rule does nothing yet').waitFor();
  await add('Add what is done', 'put it into an album');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Something is missing here.').waitFor();
  await checkAccess();

  await page.getByRole('button', { name: 'Choose an album' }).click();
  const dialog = page.getByRole('dialog', { name: 'Choose an album' });
  await dialog.getByRole('textbox').fill(album);
  await dialog.getByRole('textbox').press('Enter');
  await dialog.waitFor({ state: 'hidden' });
  await add('Add what is done', 'give it a tag');
  await page.getByRole('button', { name: 'Choose a tag' }).click();
  const tags = page.getByRole('dialog', { name: 'Choose a tag' });
  await tags.getByRole('textbox').fill('birds/seen');
  await checkAccess();
  await tags.getByRole('textbox').press('Enter');
  await tags.waitFor({ state: 'hidden' });

  // The server refuses the pattern: said where it stands.
  await page.getByRole('button', { name: 'Save' }).click();
  const pattern = page.getByLabel('Pattern, as in *screenshot*');
  await page.getByText('The server does not understand this pattern.').waitFor();
  assert.equal(await pattern.getAttribute('aria-invalid'), 'true');
  await checkAccess();
  await pattern.fill('DSC*');

  await page.getByRole('link', { name: 'To the rules' }).click();
  const leaving = page.getByRole('dialog', { name: 'Leave without saving?' });
  await leaving.getByRole('button', { name: 'Cancel' }).click();
  await page.getByText(`if the camera is Nikon and its name fits DSC*, put it into the album “${album}” and give it the tag “birds/seen”.`).waitFor();
  await page.getByRole('button', { name: 'Save' }).click();
  const mine = page.getByRole('list', { name: 'Your rules' });
  await mine.getByRole('switch', { name: /Birds/ }).waitFor();
  const [made] = await call<Rule[]>(context, 'GET', '/workflows');
  assert.equal(made?.trigger, 'AssetMetadataExtraction');
  assert.deepEqual(made.steps.map(({ method }) => method.split('#')[1]), ['camera', 'fileName', 'addToAlbum', 'addTag']);

  await mine.getByRole('button', { name: 'What to do with the rule Birds' }).click();
  await page.getByRole('menuitem', { name: 'Edit' }).click();
  await page.getByRole('button', { name: 'What to do with the step give it a tag' }).click();
  await page.getByRole('menuitem', { name: 'Earlier' }).click();
  await page.getByRole('button', { name: 'Save' }).click();
  await mine.waitFor();
  const [moved] = await call<Rule[]>(context, 'GET', '/workflows');
  assert.equal(moved?.steps[2]?.method, 'heirloom#addTag');

  await mine.getByRole('button', { name: 'What to do with the rule Birds' }).click();
  await page.getByRole('menuitem', { name: 'Edit' }).click();
  await page.getByRole('button', { name: 'Delete the rule' }).click();
  await page.getByText('The rule is deleted').waitFor();
  await page.getByRole('button', { name: 'Undo' }).click();
  await mine.getByRole('button', { name: 'What to do with the rule Birds' }).click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  await mine.waitFor({ state: 'hidden' });
  assert.equal((await call<Rule[]>(context, 'GET', '/workflows')).length, 0);
});
