import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { ada, onBoth, photos, visit, type Visit } from './browser';
import { models as made, serve } from './server';

onBoth('an administrator sees which models there are', async ({ page, checkAccess }) => {
  await page.goto('/admin/models');
  await page.getByRole('heading', { name: 'Models', exact: true }).waitFor();
  // With models or without: what is said must be readable.
  await page.getByText('No models can run on this server').or(page.getByRole('table').first()).or(page.getByText('No pack of models is here')).first().waitFor();
  await checkAccess();
});

/** A pack that only searches, of the models that there are, under another name. */
function makePack(data: string, name: string): void {
  const folder = join(data, 'models', name);
  mkdirSync(join(folder, 'search'), { recursive: true });
  const manifest = JSON.parse(readFileSync(join(made ?? '', 'models.json'), 'utf8')) as { pack: string; models: { file: string }[] };
  const models = manifest.models.filter((model) => model.file.startsWith('search/'));
  writeFileSync(join(folder, 'models.json'), JSON.stringify({ ...manifest, pack: name, models }));
  for (const file of ['visual.onnx', 'textual.onnx']) symlinkSync(join(made ?? '', 'search', file), join(folder, 'search', file));
  for (const file of ['labels.json', 'tokenizer.json']) cpSync(join(made ?? '', 'search', file), join(folder, 'search', file));
}

async function fill({ context }: Visit, address: string): Promise<number> {
  const post = async (path: string, data: unknown) => assert.ok((await context.request.post(`${address}/api${path}`, { data })).ok(), path);
  await post('/auth/admin-sign-up', ada);
  await post('/auth/login', ada);
  const files = photos().filter((file) => file.endsWith('.jpg')).slice(0, 4);
  for (const file of files) {
    const assetData = { name: basename(file), mimeType: 'image/jpeg', buffer: readFileSync(file) };
    const times = { fileCreatedAt: '2024-01-01T00:00:00Z', fileModifiedAt: '2024-01-01T00:00:00Z' };
    assert.ok((await context.request.post(`${address}/api/assets`, { multipart: { assetData, ...times } })).ok());
  }
  return files.length;
}

const skip = made ? false : 'HEIRLOOM__INFERENCE__MODELS names no models';
test('another pack of models is chosen for search, sees every photo, and answers', { skip }, async () => {
  const data = mkdtempSync(join(tmpdir(), 'heirloom-models-'));
  makePack(data, 'other');
  const { server, address } = await serve(data);
  try {
    await visit(
      'desktop',
      async (story) => {
        const { page, checkAccess } = story;
        const count = await fill(story, address);
        await page.goto(`${address}/admin/models`);
        const packOf = (name: string) => page.getByRole('article').filter({ has: page.getByRole('heading', { name, exact: true }) });
        await packOf('starter').getByText('looks at pictures').waitFor();
        await packOf('starter').getByText('for search').waitFor();
        await packOf('starter').getByRole('cell', { name: 'loaded', exact: true }).first().waitFor();
        const search = page.getByRole('region', { name: 'Search by content' });
        await search.getByText(`${count} of ${count} looked at`).waitFor({ timeout: 240_000 });
        await checkAccess();

        await packOf('other').getByRole('button', { name: 'Use it for search' }).click();
        await page.getByRole('dialog').getByRole('button', { name: 'Use it for search' }).click();
        await page.getByText('other looks at the photos now').waitFor();
        await packOf('other').getByText('for search').waitFor();
        await search.getByText(`${count} of ${count} looked at`).waitFor({ timeout: 240_000 });
        await search.getByText('It answers everybody.').waitFor({ timeout: 240_000 });
        await checkAccess();
      },
      { isSignedIn: false },
    );
  } finally {
    server.kill();
    rmSync(data, { recursive: true, force: true });
  }
});
