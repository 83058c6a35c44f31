/** The upload queue: hash, ask whether it is there already, send what is not (resumable), add to the album. */
import { api, patiently } from '../api/client';
import { ApiError, explain } from '../api/errors';
import { unless } from '../api/waiting';
import { session } from '../app/session.svelte';
import { t } from '../messages/messages.svelte';
import { tell } from '../photos/changes';
import { sha1 } from './hash';
import { ACCEPT, isMedia } from './media';
import { Shelves, UploadItem } from './shelves.svelte';
import { forget, keep, note, remembered } from './store';
import { CANCELLED, transfer } from './transfer';

export type { UploadItem } from './shelves.svelte';

interface Wishes {
  albumId?: string | undefined;
  /** Called for each file that nobody else has to hold any more: it is kept here, has arrived, or is not wanted. */
  release?: (file: File) => void;
}

const PARALLEL = 3;
/** As many photos go into an album at once, while others are still on their way. */
const ALBUM_BATCH = 20;

class Uploads {
  isShown = $state(false);
  isPaused = $state(false);
  /** Files of a drop that are no photos or videos. */
  skipped = $state(0);
  /** Where dropped files go; album pages set it while they are open. */
  target = $state<string>();
  readonly #shelves = new Shelves();
  readonly #releases = new Map<UploadItem, () => void>();
  /** What arrived and is to go into an album. */
  readonly #arrived = new Map<string, UploadItem[]>();
  #active = 0;
  #isFollowed = false;

  readonly open = $derived(this.#shelves.count('waiting', 'checking', 'sending'));
  readonly failed = $derived(this.#shelves.count('failed', 'missing'));
  readonly missing = $derived(this.#shelves.count('missing'));
  readonly done = $derived(this.#shelves.count('done'));
  readonly count = $derived(this.open + this.failed + this.#shelves.count('done', 'duplicate'));

  get bytes(): number {
    return this.#shelves.bytes;
  }

  get sent(): number {
    return this.#shelves.sent;
  }

  top(count: number): UploadItem[] {
    return this.#shelves.top(count);
  }

  /** Queues files; those that are queued already (after a reload, chosen again) go on where they stopped. */
  async add(files: File[], { albumId = this.target, release }: Wishes = {}): Promise<void> {
    const fresh: UploadItem[] = [];
    this.skipped = 0;
    for (const file of files) {
      const item = isMedia(file) ? this.#queue(file, albumId) : undefined;
      if (!isMedia(file)) this.skipped += 1;
      if (item) fresh.push(item);
      if (release && item) this.#releases.set(item, () => release(file));
      else release?.(file);
    }
    this.isShown = true;
    this.#follow();
    this.#next();
    for (const item of fresh) await this.#keep(item);
  }

  /** The item, if the file is new here. */
  #queue(file: File, albumId: string | undefined): UploadItem | undefined {
    const same = this.#shelves.find(file);
    if (same?.state === 'missing' || same?.state === 'failed') {
      same.file = file;
      this.#shelves.move(same, 'waiting');
    } else if (!same || (same.isOver && albumId !== same.albumId)) {
      const id = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
      const item = new UploadItem(id, file.name, file.size, file.lastModified, file, albumId);
      this.#shelves.add(item);
      return item;
    }
    return undefined;
  }

  async #keep(item: UploadItem): Promise<void> {
    const { id, name, size, modified, albumId, file } = item;
    const userId = session.user?.id;
    if (!userId || !file || item.isOver || !this.#shelves.has(id)) return;
    if (await keep({ id, userId, name, size, modified, albumId }, file)) this.#release(item);
  }

  #release(item: UploadItem): void {
    this.#releases.get(item)?.();
    this.#releases.delete(item);
  }

  /** Takes up what a reload (or a crash) interrupted. */
  async restore(userId: string): Promise<void> {
    for (const entry of await remembered(userId)) {
      if (this.#shelves.has(entry.id)) continue;
      const item = new UploadItem(entry.id, entry.name, entry.size, entry.modified, entry.file, entry.albumId);
      item.url = entry.url;
      this.#shelves.add(item, entry.file ? 'waiting' : 'missing');
      this.isShown = true;
    }
    this.#follow();
    this.#next();
  }

  retry(item: UploadItem): void {
    item.problem = '';
    this.#shelves.move(item, 'waiting');
    this.#next();
  }

  retryAll(): void {
    for (const item of this.#shelves.in('failed')) this.retry(item);
  }

  async cancel(item: UploadItem): Promise<void> {
    this.#shelves.remove(item);
    item.stopping?.abort(CANCELLED);
    this.#release(item);
    await forget(item.id);
  }

  pause(isPaused: boolean): void {
    this.isPaused = isPaused;
    if (isPaused) for (const item of this.#shelves.in('sending', 'checking')) item.stopping?.abort();
    else this.#next();
  }

  /** Puts the list away; what failed is forgotten, what runs goes on. */
  close(): void {
    for (const item of this.#shelves.in('failed', 'missing')) void this.cancel(item);
    for (const item of this.#shelves.in('done', 'duplicate')) this.#shelves.remove(item);
    this.skipped = 0;
    this.isShown = this.open > 0;
  }

  #follow(): void {
    if (this.#isFollowed) return;
    this.#isFollowed = true;
    addEventListener('beforeunload', (event) => {
      if (this.open > 0) event.preventDefault();
    });
  }

  #next(): void {
    while (this.#active < PARALLEL && !this.isPaused) {
      const item = this.#shelves.first('waiting');
      if (!item) break;
      this.#active += 1;
      this.#shelves.move(item, 'checking');
      void this.#run(item).finally(() => {
        this.#active -= 1;
        this.#next();
        this.#announce();
      });
    }
  }

  /** One file from beginning to end. However it ends, it gives its place to the next one. */
  async #run(item: UploadItem): Promise<void> {
    const stopping = new AbortController();
    item.stopping = stopping;
    try {
      if (!item.arrival) await unless(stopping.signal, this.#bring(item, stopping.signal));
      this.#arrive(item);
    } catch (error) {
      if (!this.#shelves.has(item.id)) return;
      if (stopping.signal.aborted) this.#shelves.moveToFront(item);
      else this.#fail(item, reason(error));
    } finally {
      item.stopping = undefined;
    }
  }

  async #bring(item: UploadItem, signal: AbortSignal): Promise<void> {
    const { file } = item;
    if (!file) throw new Error(t('upload.unreadable'));
    const digest = await sha1(file).catch(() => {
      throw new Error(t('upload.unreadable'));
    });
    signal.throwIfAborted();
    const assets = [{ id: item.id, checksum: digest }];
    const { results } = await patiently(() => api.post('/assets/bulk-upload-check', { body: { assets }, signal }), signal);
    const [answer] = results;
    signal.throwIfAborted();
    if (answer?.action === 'reject' && answer.assetId) {
      item.isTrashed = answer.isTrashed ?? false;
      item.assetId = answer.assetId;
      item.arrival = 'duplicate';
      return;
    }
    this.#shelves.move(item, 'sending');
    const onurl = (url: string) => {
      item.url = url;
      void note(item.id, url);
    };
    const onprogress = (sent: number) => !signal.aborted && this.#shelves.note(item, sent);
    item.assetId = await transfer({ file, sha1: digest, url: item.url, onurl, onprogress }, signal);
    item.arrival = 'done';
  }

  /** It is in the library; what is meant for an album is over only when it is there as well. */
  #arrive(item: UploadItem): void {
    const { albumId, arrival } = item;
    item.file = undefined;
    this.#shelves.note(item, item.size);
    this.#shelves.move(item, arrival ?? 'done');
    this.#release(item);
    if (!albumId) void forget(item.id);
    else this.#arrived.set(albumId, [...(this.#arrived.get(albumId) ?? []), item]);
  }

  #fail(item: UploadItem, problem: string): void {
    item.problem = problem;
    // The list may have been put away since: it comes back with what needs the person.
    if (!this.#shelves.has(item.id)) this.#shelves.add(item);
    this.#shelves.move(item, 'failed');
    this.isShown = true;
  }

  #announce(): void {
    tell({ kind: 'refresh' });
    for (const [albumId, items] of this.#arrived) {
      if (this.#active > 0 && items.length < ALBUM_BATCH) continue;
      this.#arrived.delete(albumId);
      void this.#addToAlbum(albumId, items);
    }
    // Thumbnails come a moment after; those of the last files are asked for again.
    if (this.#active === 0) for (const delay of [2500, 8000]) setTimeout(() => tell({ kind: 'refresh' }), delay);
  }

  async #addToAlbum(albumId: string, items: UploadItem[]): Promise<void> {
    const ids = items.flatMap((item) => item.assetId ?? []);
    try {
      const results = await patiently(() => api.put('/albums/{id}/assets', { path: { id: albumId }, body: { ids } }));
      const refused = new Set(results.filter((one) => !one.success && one.error !== 'duplicate').map((one) => one.id));
      for (const item of items) {
        if (item.assetId && !refused.has(item.assetId)) void forget(item.id);
        else this.#fail(item, t('upload.notInAlbum'));
      }
      tell({ kind: 'album', albumId });
    } catch (error) {
      for (const item of items) this.#fail(item, t('upload.notInAlbumBecause', { problem: explain(error) }));
    }
  }
}

function reason(error: unknown): string {
  if (error instanceof ApiError && /quota/i.test(error.message)) return t('upload.quota');
  if (error instanceof ApiError && error.status === 413) return t('upload.tooLarge');
  return explain(error);
}

export const uploads = new Uploads();

/** Lets a person choose files, or a folder with everything in it. */
export function pickFiles({ folder = false, albumId }: { folder?: boolean; albumId?: string } = {}): Promise<void> {
  const input = document.createElement('input');
  input.type = 'file';
  input.multiple = true;
  if (folder) input.webkitdirectory = true;
  else input.accept = ACCEPT;
  input.hidden = true;
  document.body.append(input);
  return new Promise((resolve) => {
    const done = () => {
      input.remove();
      resolve();
    };
    input.onchange = () => {
      void uploads.add([...(input.files ?? [])], { albumId });
      done();
    };
    input.oncancel = done;
    input.click();
  });
}
