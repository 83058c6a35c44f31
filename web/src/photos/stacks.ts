/** Photos that belong together, shown as one: made, opened, taken apart. */
import { api } from '../api/client';
import { attempt, toasts } from '../design/toasts.svelte';
import { t } from '../messages/messages.svelte';
import { tell } from './changes';
import type { Photo } from './photo';

const refresh = () => tell({ kind: 'refresh' });

/** The first photo is the cover. */
export async function stack(photos: Pick<Photo, 'id'>[]): Promise<boolean> {
  const made = await attempt(() => api.post('/stacks', { body: { assetIds: photos.map((photo) => photo.id) } }));
  if (!made) return false;
  refresh();
  toasts.done(t('photos.done.stack', { count: photos.length }), { label: t('common.undo'), run: () => unstack([made.id], true) });
  return true;
}

export async function unstack(ids: string[], isUndo = false): Promise<void> {
  const isDone = await attempt(async () => (await api.delete('/stacks', { body: { ids } }), true));
  if (!isDone) return;
  refresh();
  if (!isUndo) toasts.done(t('photos.done.unstack'));
}

export async function makeCover(id: string, primaryAssetId: string): Promise<void> {
  if (!(await attempt(() => api.put('/stacks/{id}', { path: { id }, body: { primaryAssetId } })))) return;
  refresh();
  toasts.done(t('photos.done.cover'));
}

export async function takeOut(id: string, assetId: string): Promise<void> {
  const isDone = await attempt(async () => (await api.delete('/stacks/{id}/assets/{assetId}', { path: { id, assetId } }), true));
  if (!isDone) return;
  refresh();
  toasts.done(t('photos.done.fromStack'));
}
