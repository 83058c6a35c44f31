import assert from 'node:assert/strict';
import { call, onBoth, photos, tiles, until, visit } from './browser';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

interface Asset {
  id: string;
  width: number;
  height: number;
  isEdited: boolean;
}
interface Found {
  assets: { items: Asset[] };
}

onBoth('a photo is turned and cut, and comes back with one press', async ({ page, context, size, checkAccess }) => {
  const { assets } = await call<Found>(context, 'POST', '/search/metadata', { type: 'IMAGE', order: 'asc', withExif: true });
  const photo = assets.items.filter((asset) => asset.width === 1200 && asset.height === 800)[size === 'desktop' ? 0 : 1];
  assert.ok(photo);
  await page.goto(`/?photo=${photo.id}`);
  const viewer = page.getByRole('dialog', { name: 'Photo viewer' });
  await viewer.waitFor();
  const again = () => call<Asset>(context, 'GET', `/assets/${photo.id}`);
  if (size === 'desktop') await viewer.getByRole('button', { name: 'Edit photo' }).click();
  else {
    await viewer.getByRole('button', { name: 'More' }).click();
    await page.getByRole('menuitem', { name: 'Edit photo' }).click();
  }
  const editor = page.getByRole('dialog', { name: 'Edit photo' });
  const corner = editor.getByRole('button', { name: 'Bottom right corner' });
  await corner.waitFor();
  await checkAccess();
  await editor.getByRole('button', { name: 'Turn right' }).click();
  await editor.getByRole('button', { name: 'Square' }).click();

  // By pointer: half as wide, and as high as wide.
  const picture = await editor.getByRole('img', { name: 'The whole photo' }).boundingBox();
  const from = await corner.boundingBox();
  assert.ok(picture && from);
  const [x, y] = [from.x + from.width / 2, from.y + from.height / 2];
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x - picture.width / 4, y - picture.width / 4, { steps: 4 });
  await page.mouse.move(x - picture.width / 2, y - picture.width / 2, { steps: 4 });
  await page.mouse.up();
  // By keyboard: moved to the left edge.
  await editor.getByRole('button', { name: 'The part that stays' }).focus();
  for (let times = 0; times < 12; times += 1) await page.keyboard.press('Shift+ArrowLeft');
  await checkAccess();
  await editor.getByRole('button', { name: 'Save' }).click();
  await viewer.getByText('Edited. The original is kept.').waitFor();
  await editor.waitFor({ state: 'detached' });
  const edited = await again();
  assert.ok(edited.isEdited);
  assert.ok(Math.abs(edited.width - edited.height) <= 2 && Math.abs(edited.width - 400) < 30, `${edited.width} × ${edited.height}`);
  // The stage shows it: square, and its picture is there.
  await page.waitForFunction(() => {
    const image = [...document.querySelectorAll<HTMLImageElement>('dialog img.preview')].find((one) => !one.closest('[aria-hidden=true]'));
    return image && image.naturalWidth > 0 && Math.abs(image.naturalWidth - image.naturalHeight) <= 2;
  });
  await viewer.getByRole('button', { name: 'Undo' }).click();
  await until(async () => {
    const asset = await again();
    return !asset.isEdited && asset.width === 1200;
  });
});

test('the editor asks before changes are lost', () =>
  visit('desktop', async ({ page }) => {
    await page.goto('/');
    await tiles(page).getByRole('link', { name: /^Photo/ }).first().click();
    await page.getByRole('dialog', { name: 'Photo viewer' }).waitFor();
    await page.keyboard.press('e');
    const editor = page.getByRole('dialog', { name: 'Edit photo' });
    await editor.getByRole('button', { name: 'Top side' }).waitFor();
    await page.keyboard.press('m');
    await page.keyboard.press('Escape');
    const question = page.getByRole('dialog', { name: 'Leave without saving?' });
    await question.getByRole('button', { name: 'Cancel' }).click();
    await editor.waitFor();
    await page.keyboard.press('Escape');
    await question.getByRole('button', { name: 'Leave' }).click();
    await editor.waitFor({ state: 'detached' });
  }));

test('photos are stacked, shown as one, and unstacked', () =>
  visit('desktop', async ({ page, context, checkAccess }) => {
    await page.goto('/');
    await tiles(page).nth(2).waitFor();
    const [first, second] = await tiles(page).evaluateAll((all) => all.slice(0, 2).map((tile) => (tile as HTMLElement).dataset['photo'] ?? ''));
    for (const id of [first, second]) await page.locator(`[data-photo="${id}"] [data-check]`).click({ force: true });
    await page.getByRole('toolbar', { name: 'Selected photos' }).getByRole('button', { name: 'More' }).click();
    await page.getByRole('menuitem', { name: 'Stack' }).click();
    await page.getByText('2 items stacked').waitFor();
    await page.locator(`[data-photo="${second}"]`).waitFor({ state: 'detached' });

    await page.locator(`[data-photo="${first}"] [data-open]`).click();
    const viewer = page.getByRole('dialog', { name: 'Photo viewer' });
    const strip = viewer.getByRole('list', { name: 'Photos of this stack' });
    await strip.getByRole('button').nth(1).click();
    await page.waitForURL(`**/?photo=${second}`);
    await checkAccess();
    await viewer.getByRole('button', { name: 'More' }).click();
    await page.getByRole('menuitem', { name: 'Use as cover of the stack' }).click();
    await viewer.getByText('Cover changed').waitFor();
    await page.keyboard.press('Escape');
    await page.locator(`[data-photo="${second}"]`).waitFor();
    await page.locator(`[data-photo="${first}"]`).waitFor({ state: 'detached' });
    await page.locator(`[data-photo="${second}"] [data-open]`).click();
    await strip.waitFor();
    await viewer.getByRole('button', { name: 'More' }).click();
    await page.getByRole('menuitem', { name: 'Unstack' }).click();
    await viewer.getByText('Unstacked').waitFor();
    await page.keyboard.press('Escape');
    await page.locator(`[data-photo="${first}"]`).waitFor();
    assert.deepEqual(await call(context, 'GET', '/stacks'), []);
  }));

/** A picture that says of itself that it shows the whole sphere. */
function sphere(file: string): Buffer {
  const bytes = readFileSync(file);
  const facts =
    'http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">' +
    '<rdf:Description xmlns:GPano="http://ns.google.com/photos/1.0/panorama/" GPano:ProjectionType="equirectangular"/></rdf:RDF></x:xmpmeta>';
  const length = Buffer.alloc(2);
  length.writeUInt16BE(facts.length + 2);
  return Buffer.concat([bytes.subarray(0, 2), Buffer.from([0xff, 0xe1]), length, Buffer.from(facts, 'latin1'), bytes.subarray(2)]);
}

test('a picture of the whole sphere is looked around in', () =>
  visit('desktop', async ({ page, checkAccess }) => {
    const file = photos().find((name) => name.includes('photo 2 9'));
    assert.ok(file);
    await page.goto('/');
    await tiles(page).first().waitFor();
    const chooser = page.waitForEvent('filechooser');
    await page.getByRole('button', { name: 'Add photos' }).click();
    await page.getByRole('menuitem', { name: 'Choose photos' }).click();
    await (await chooser).setFiles([{ name: 'sphere.jpg', mimeType: 'image/jpeg', buffer: sphere(file) }]);
    const link = page.getByRole('region', { name: 'Uploads' }).getByRole('link', { name: 'sphere.jpg' });
    await link.waitFor();
    // Opened at once, it may still be in work: it shows when it is done.
    await link.click();
    const view = page.getByRole('img', { name: /^Panorama/ });
    await view.waitFor();
    await view.focus();
    const before = await view.screenshot();
    for (let times = 0; times < 10; times += 1) await page.keyboard.press('ArrowRight');
    await page.waitForTimeout(200);
    assert.notDeepEqual(await view.screenshot(), before);
    await checkAccess();
  }));
