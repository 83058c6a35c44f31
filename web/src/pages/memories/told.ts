/** What was told of today, kept in the browser until tomorrow: the timeline draws it without asking first. */
import { api } from '../../api/client';
import { session } from '../../app/session.svelte';
import { today } from './memory';

export interface Told {
  id: string;
  year: number;
  isSeen: boolean;
  cover: { id: string; thumbhash: string | null };
}

const KEY = 'memories';

export interface Kept {
  userId: string | undefined;
  memories: Told[];
}

/** Of another day it counts for nothing. */
export function told(): Kept {
  try {
    const { day, ...kept } = JSON.parse(localStorage.getItem(KEY) ?? '') as Kept & { day: string };
    if (day === today()) return kept;
  } catch {
    // Nothing was kept.
  }
  return { userId: undefined, memories: [] };
}

export function forgetTold(): void {
  localStorage.removeItem(KEY);
}

/** Asks the server; the newest year comes first. */
export async function memoriesToday(): Promise<Told[]> {
  const found = await api.get('/memories', { query: { for: today() } });
  const memories = found
    .sort((a, b) => b.data.year - a.data.year)
    .flatMap(({ id, data, seenAt, assets: [cover] }) => (cover ? [{ id, year: data.year, isSeen: Boolean(seenAt), cover: { id: cover.id, thumbhash: cover.thumbhash } }] : []));
  if (memories.length > 0) localStorage.setItem(KEY, JSON.stringify({ day: today(), userId: session.user?.id, memories }));
  else forgetTold();
  return memories;
}
