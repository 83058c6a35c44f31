/** What a memory is called, and which ones there are. */
import { api } from '../../api/client';
import type { MemoryResponseDto } from '../../api/schema';
import { formatDate } from '../../messages/format';
import { t } from '../../messages/messages.svelte';

/** The day of the person who looks, as the server takes it. */
export function today(): string {
  const now = new Date();
  return new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 10);
}

export function yearsSince(year: number): string {
  const years = new Date().getFullYear() - year;
  return years > 0 ? t('memories.yearsAgo', { count: years }) : t('memories.thisYear');
}

export const titleOf = (memory: MemoryResponseDto) => yearsSince(memory.data.year);

export function dayOf(memory: MemoryResponseDto): string {
  return formatDate(new Date(memory.memoryAt), { day: 'numeric', month: 'long', year: 'numeric' });
}

/** Of today first, then those that were kept. */
export async function memoriesNow(): Promise<{ now: MemoryResponseDto[]; kept: MemoryResponseDto[] }> {
  const [now, saved] = await Promise.all([api.get('/memories', { query: { for: today() } }), api.get('/memories', { query: { isSaved: true } })]);
  const withPhotos = (list: MemoryResponseDto[]) => list.filter((memory) => memory.assets.length > 0);
  const shown = withPhotos(now).sort((a, b) => b.data.year - a.data.year);
  return { now: shown, kept: withPhotos(saved).filter((memory) => !shown.some((one) => one.id === memory.id)) };
}
