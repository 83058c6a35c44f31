/** Edits of a photo on their way to the server, and its new look on the way back. */
import { api } from '../api/client';
import type { AssetResponseDto } from '../api/schema';
import { attempt, toasts } from '../design/toasts.svelte';
import { t } from '../messages/messages.svelte';
import { tell } from '../photos/changes';
import { fromAsset } from '../photos/photo';
import type { Step } from './editing';

/** A picture of many megapixels takes a while; after that the lists learn of it when the server tells. */
const TRIES = 60;
const PAUSE = 500;

/** Puts the steps in place of those that are there, shows the result in every list, and offers the way back. Whether it was done. */
export async function saveSteps(id: string, steps: Step[], before: Step[]): Promise<boolean> {
  if (!(await attempt(() => put(id, steps)))) return false;
  const undo = { label: t('common.undo'), run: () => attempt(() => put(id, before)) };
  toasts.done(t(steps.length > 0 ? 'editor.saved' : 'editor.removed'), undo);
  return true;
}

async function put(id: string, steps: Step[]): Promise<boolean> {
  const path = { id };
  const was = await api.get('/assets/{id}', { path });
  if (steps.length > 0) await api.put('/assets/{id}/edits', { path, body: { edits: steps as never } });
  else await api.delete('/assets/{id}/edits', { path });
  for (let left = TRIES; left > 0; left -= 1) {
    const now = await api.get('/assets/{id}', { path });
    if (looksOther(was, now) || steps.length === 0) {
      const { ratio, thumbhash } = fromAsset(now);
      tell({ kind: 'update', ids: [id], change: { ratio, thumbhash } });
      return true;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
  tell({ kind: 'refresh' });
  return true;
}

function looksOther(one: AssetResponseDto, other: AssetResponseDto): boolean {
  return one.thumbhash !== other.thumbhash || one.width !== other.width || one.height !== other.height;
}
