/** Tags are put on photos and taken off them; either is undone from the message, for just the photos that it changed. */
import { api } from '../api/client';
import type { TagResponseDto } from '../api/schema';
import { attempt, toasts } from '../design/toasts.svelte';
import { t } from '../messages/messages.svelte';
import { inChunks } from './actions';
import { tell } from './changes';

type Tag = Pick<TagResponseDto, 'id' | 'value'>;
/** A tag, and the photos that have it now or have it no more. */
interface Changed {
  tag: Tag;
  ids: string[];
}

async function put(tag: Tag, ids: string[]): Promise<Changed> {
  const changed: string[] = [];
  await inChunks(ids, async (some) => {
    const results = await api.put('/tags/{id}/assets', { path: { id: tag.id }, body: { ids: some } });
    changed.push(...results.filter((result) => result.success).map((result) => result.id));
  });
  return { tag, ids: changed };
}

async function take(tag: Tag, ids: string[]): Promise<void> {
  await inChunks(ids, (some) => api.delete('/tags/{id}/assets', { path: { id: tag.id }, body: { ids: some } }));
}

async function run(ids: string[], work: () => Promise<unknown>): Promise<boolean> {
  const isDone = await attempt(async () => (await work(), true));
  tell({ kind: 'tags', ids });
  return isDone ?? false;
}

/** By their names; those that do not exist are made. */
export async function tag(names: string[], ids: string[]): Promise<boolean> {
  const changed: Changed[] = [];
  const isDone = await run(ids, async () => {
    for (const one of await api.put('/tags', { body: { tags: names } })) changed.push(await put(one, ids));
  });
  if (!isDone) return false;
  const touched = [...new Set(changed.flatMap((one) => one.ids))];
  const undo = () => run(touched, () => Promise.all(changed.filter((one) => one.ids.length > 0).map((one) => take(one.tag, one.ids))));
  toasts.done(t('tags.added', { count: touched.length }), touched.length > 0 ? { label: t('common.undo'), run: undo } : undefined);
  return true;
}

export async function untag(from: Tag, ids: string[]): Promise<boolean> {
  if (!(await run(ids, () => take(from, ids)))) return false;
  const text = ids.length > 1 ? t('tags.taken', { count: ids.length }) : t('tags.takenOne', { name: from.value });
  toasts.done(text, { label: t('common.undo'), run: () => run(ids, () => put(from, ids)) });
  return true;
}
