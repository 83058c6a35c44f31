/** What a person does with photos, wherever they are shown: told to the lists at once, undone from the message. */
import { address, api } from '../api/client';
import type { AssetVisibility } from '../api/schema';
import { forgetKept } from '../app/install';
import { confirm } from '../design/Confirm.svelte';
import { attempt, toasts } from '../design/toasts.svelte';
import { t } from '../messages/messages.svelte';
import { tell } from './changes';
import { choosing } from './choosing.svelte';
import type { Photo } from './photo';
import { saveArchive, saveFile } from './saving';

/** The server takes this many ids in one request. */
const CHUNK = 10_000;

export async function inChunks(ids: string[], run: (ids: string[]) => Promise<unknown>): Promise<void> {
  for (let at = 0; at < ids.length; at += CHUNK) await run(ids.slice(at, at + CHUNK));
}

const undo = (run: () => unknown) => ({ label: t('common.undo'), run });
const idsOf = (photos: Photo[]) => photos.map((photo) => photo.id);

/** Shows the change at once and takes it back if the server refuses. */
async function change(photos: Photo[], wanted: Partial<Photo>, run: (ids: string[]) => Promise<unknown>): Promise<boolean> {
  const ids = idsOf(photos);
  tell({ kind: 'update', ids, change: wanted, isExpected: true });
  const isDone = await attempt(async () => {
    await inChunks(ids, run);
    return true;
  });
  if (isDone) tell({ kind: 'saved', ids });
  else {
    for (const photo of photos) tell({ kind: 'update', ids: [photo.id], change: photo });
    tell({ kind: 'refresh' });
  }
  return isDone ?? false;
}

async function setFavorite(photos: Photo[], isFavorite: boolean): Promise<boolean> {
  return change(photos, { isFavorite }, (ids) => api.put('/assets', { body: { ids, isFavorite } }));
}

export async function favorite(photos: Photo[], isFavorite: boolean): Promise<void> {
  const changed = photos.filter((photo) => photo.isFavorite !== isFavorite);
  if (!(await setFavorite(changed, isFavorite)) || photos.length < 2) return;
  const text = t(isFavorite ? 'photos.done.favorite' : 'photos.done.unfavorite', { count: changed.length });
  toasts.done(text, undo(() => setFavorite(changed, !isFavorite)));
}

async function setVisibility(photos: Photo[], visibility: AssetVisibility): Promise<boolean> {
  return change(photos, { visibility }, (ids) => api.put('/assets', { body: { ids, visibility } }));
}

export async function archive(photos: Photo[], isArchived: boolean): Promise<void> {
  if (!(await setVisibility(photos, isArchived ? 'archive' : 'timeline'))) return;
  const text = t(isArchived ? 'photos.done.archive' : 'photos.done.unarchive', { count: photos.length });
  toasts.done(text, undo(() => setVisibility(photos, isArchived ? 'timeline' : 'archive')));
}

/** Into the locked folder, or out of it. */
export async function lock(photos: Photo[], isLocked: boolean): Promise<void> {
  if (isLocked) {
    const isSure = await confirm({
      title: t('photos.confirm.lockTitle', { count: photos.length }),
      text: t('photos.confirm.lockText'),
      confirm: t('photos.lock'),
    });
    if (!isSure) return;
  }
  const status = await attempt(() => api.get('/auth/status'));
  if (!status || !(status.isElevated || (await choosing.pin(status.pinCode)))) return;
  const isDone = await setVisibility(photos, isLocked ? 'locked' : 'timeline');
  // Open only as long as it was needed.
  if (!status.isElevated) await api.post('/auth/session/lock').catch(() => undefined);
  if (!isDone) return;
  if (isLocked) await forgetKept(idsOf(photos)).catch(() => undefined);
  toasts.done(t(isLocked ? 'photos.done.lock' : 'photos.done.unlock', { count: photos.length }));
}

async function setTrashed(photos: Photo[], isTrashed: boolean): Promise<boolean> {
  return change(photos, { isTrashed }, (ids) =>
    isTrashed ? api.delete('/assets', { body: { ids } }) : api.post('/trash/restore/assets', { body: { ids } }),
  );
}

export async function trash(photos: Photo[]): Promise<void> {
  if (!(await setTrashed(photos, true))) return;
  toasts.done(t('photos.done.trash', { count: photos.length }), undo(() => setTrashed(photos, false)));
}

export async function restore(photos: Photo[]): Promise<void> {
  if (await setTrashed(photos, false)) toasts.done(t('photos.done.restore', { count: photos.length }), undo(() => setTrashed(photos, true)));
}

export async function deleteForGood(photos: Photo[]): Promise<boolean> {
  const isSure = await confirm({
    title: t('photos.confirm.deleteTitle', { count: photos.length }),
    text: t('photos.confirm.deleteText'),
    confirm: t('photos.deleteForGood'),
    isDanger: true,
  });
  if (!isSure) return false;
  const ids = idsOf(photos);
  const isDone = await attempt(async () => {
    await inChunks(ids, (ids) => api.delete('/assets', { body: { ids, force: true } }));
    return true;
  });
  if (!isDone) return false;
  tell({ kind: 'delete', ids });
  toasts.done(t('photos.done.delete', { count: ids.length }));
  return true;
}

/** One photo as its file, several as archives. */
export async function download(photos: Photo[], name = 'Heirloom'): Promise<void> {
  const [only] = photos;
  if (photos.length === 1 && only) {
    saveFile(address(`/assets/${only.id}/original`, { edited: true }));
    return;
  }
  await attempt(async () => {
    const { archives } = await api.post('/download/info', { body: { assetIds: idsOf(photos) } });
    saveArchives(archives, name);
  });
}

export async function downloadAlbum(album: { id: string; albumName: string }): Promise<void> {
  await attempt(async () => {
    const { archives } = await api.post('/download/info', { body: { albumId: album.id } });
    saveArchives(archives, album.albumName || t('albums.untitled'));
  });
}

/** The server puts them together while the browser saves them. */
function saveArchives(archives: { assetIds: string[] }[], name: string): void {
  toasts.done(t('photos.done.downloading', { count: archives.reduce((sum, archive) => sum + archive.assetIds.length, 0) }));
  for (const [at, { assetIds }] of archives.entries()) saveArchive(assetIds, archives.length > 1 ? `${name}-${at + 1}` : name);
}

export async function addToAlbum(album: { id: string; albumName: string }, photos: Photo[]): Promise<void> {
  await attempt(async () => {
    const path = { id: album.id };
    const added: string[] = [];
    await inChunks(idsOf(photos), async (ids) => {
      const results = await api.put('/albums/{id}/assets', { path, body: { ids } });
      added.push(...results.filter((result) => result.success).map((result) => result.id));
    });
    tell({ kind: 'album', albumId: album.id });
    if (added.length === 0) {
      toasts.done(t('photos.done.alreadyInAlbum', { album: album.albumName, count: photos.length }));
      return;
    }
    toasts.done(t('photos.done.addToAlbum', { album: album.albumName, count: added.length }), undo(() => removeFromAlbum(album, added, true)));
  });
}

export async function removeFromAlbum(album: { id: string; albumName: string }, ids: string[], isUndo = false): Promise<void> {
  await attempt(async () => {
    const path = { id: album.id };
    await inChunks(ids, (ids) => api.delete('/albums/{id}/assets', { path, body: { ids } }));
    tell({ kind: 'album', albumId: album.id });
    if (isUndo) return;
    const again = async () => {
      await inChunks(ids, (ids) => api.put('/albums/{id}/assets', { path, body: { ids } }));
      tell({ kind: 'album', albumId: album.id });
    };
    toasts.done(t('photos.done.removeFromAlbum', { album: album.albumName, count: ids.length }), undo(() => attempt(again)));
  });
}
