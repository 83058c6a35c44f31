import type { AlbumResponseDto, AlbumUserRole } from '../../api/schema';
import { session } from '../../app/session.svelte';
import { formatDate } from '../../messages/format';
import { t } from '../../messages/messages.svelte';

export function ownRole(album: AlbumResponseDto): AlbumUserRole | undefined {
  return album.albumUsers.find(({ user }) => user.id === session.user?.id)?.role;
}

export function mayAdd(album: AlbumResponseDto): boolean {
  const role = ownRole(album);
  return role === 'owner' || role === 'editor';
}

export function ownerOf(album: AlbumResponseDto) {
  return album.albumUsers.find(({ role }) => role === 'owner')?.user;
}

/** “March – August 2024” */
export function span(album: AlbumResponseDto): string {
  if (!album.startDate || !album.endDate) return '';
  const [from, to] = [new Date(album.startDate), new Date(album.endDate)];
  const full = (date: Date) => formatDate(date, { day: 'numeric', month: 'short', year: 'numeric' });
  if (full(from) === full(to)) return full(to);
  return `${full(from)} – ${full(to)}`;
}

export function describe(album: AlbumResponseDto): string {
  const owner = ownerOf(album);
  const from = owner && owner.id !== session.user?.id ? t('albums.from', { name: owner.name }) : album.shared ? t('albums.shared') : '';
  return [t('photos.count', { count: album.assetCount }), from].filter(Boolean).join(' · ');
}
