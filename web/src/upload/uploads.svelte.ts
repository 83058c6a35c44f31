/** The upload queue: hash, ask whether it is there already, send what is not (resumable), add to the album. */
import type { Upload } from 'tus-js-client';
import { api } from '../api/client';
import { connection } from '../api/connection.svelte';
import { ApiError, explain } from '../api/errors';
import { session } from '../app/session.svelte';
import { t } from '../messages/messages.svelte';
import { tell } from '../photos/changes';
import { sha1 } from './hash';
import { forget, keep, note, remembered } from './store';

export type UploadState = 'waiting' | 'checking' | 'sending' | 'done' | 'duplicate' | 'failed' | 'missing';

export class UploadItem {
  state = $state<UploadState>('waiting');
  sent = $state(0);
  problem = $state('');
  assetId = $state<string>();
  /** The one that is there already lies in the trash. */
  isTrashed = $state(false);
  url: string | undefined;
  running: Upload | undefined;

  constructor(
    readonly id: string,
    readonly name: string,
    readonly size: number,
    readonly modified: number,
    public file: File | undefined,
    readonly albumId: string | undefined,
  ) {}

  get isOver(): boolean {
    return this.state === 'done' || this.state === 'duplicate';
  }
}

const PARALLEL = 3;
/** Also what the server's own client takes; it says so itself, if it thinks otherwise. */
const MEDIA = /\.(jpe?g|jpe|jfif|png|gif|webp|avif|hei[cf]|hif|tiff?|bmp|jxl|jp2|svg|psd|dng|arw|cr2|cr3|crw|nef|nrw|orf|raf|rw2|rwl|pef|srw|srf|sr2|raw|3fr|erf|kdc|mrw|x3f|iiq|fff|mp4|mov|m4v|avi|mkv|webm|mpe?g|mts|m2ts|m2t|3gp|3gpp|wmv|flv|insv|insp|vob|mxf)$/i;

class Uploads {
  items = $state.raw<UploadItem[]>([]);
  isShown = $state(false);
  isPaused = $state(false);
  /** Files of a drop that are no photos or videos. */
  skipped = $state(0);
  /** Where dropped files go; album pages set it while they are open. */
  target = $state<string>();
  #active = 0;
  #isFollowed = false;
  #added = new Map<string, string[]>();

  readonly open = $derived(this.items.filter((item) => !item.isOver && item.state !== 'failed' && item.state !== 'missing').length);
  readonly failed = $derived(this.items.filter((item) => item.state === 'failed' || item.state === 'missing').length);
  readonly bytes = $derived(this.items.reduce((sum, item) => sum + item.size, 0));
  readonly sent = $derived(this.items.reduce((sum, item) => sum + (item.isOver ? item.size : item.sent), 0));

  /** Queues files; those that are queued already (after a reload, chosen again) go on where they stopped. */
  async add(files: File[], albumId = this.target): Promise<void> {
    const media = files.filter((file) => file.size > 0 && (/^(image|video)\//.test(file.type) || MEDIA.test(file.name)));
    this.skipped = files.length - media.length;
    this.isShown = true;
    const fresh: UploadItem[] = [];
    for (const file of media) {
      const same = this.items.find((item) => item.name === file.name && item.size === file.size && item.modified === file.lastModified);
      if (same?.state === 'missing' || same?.state === 'failed') {
        same.file = file;
        same.state = 'waiting';
      } else if (!same || (same.isOver && albumId !== same.albumId)) {
        const id = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
        fresh.push(new UploadItem(id, file.name, file.size, file.lastModified, file, albumId));
      }
    }
    this.items = [...this.items, ...fresh];
    this.#follow();
    this.#next();
    const userId = session.user?.id;
    if (!userId) return;
    for (const item of fresh) {
      const { id, name, size, modified } = item;
      if (item.file && !item.isOver) await keep({ id, userId, name, size, modified, albumId }, item.file);
    }
  }

  /** Takes up what a reload (or a crash) interrupted. */
  async restore(userId: string): Promise<void> {
    const stored = await remembered(userId);
    if (stored.length === 0) return;
    const known = new Set(this.items.map((item) => item.id));
    const found = stored.filter((entry) => !known.has(entry.id)).map((entry) => {
      const item = new UploadItem(entry.id, entry.name, entry.size, entry.modified, entry.file, entry.albumId);
      item.url = entry.url;
      if (!entry.file) item.state = 'missing';
      return item;
    });
    this.items = [...this.items, ...found];
    this.isShown = this.items.length > 0;
    this.#follow();
    this.#next();
  }

  retry(item: UploadItem): void {
    if (!item.file) return;
    item.problem = '';
    item.state = 'waiting';
    this.#next();
  }

  retryAll(): void {
    for (const item of this.items) if (item.state === 'failed') this.retry(item);
  }

  async cancel(item: UploadItem): Promise<void> {
    if (item.running) {
      this.#active -= 1;
      await item.running.abort(true).catch(() => undefined);
    }
    this.items = this.items.filter((other) => other !== item);
    await forget(item.id);
    this.#next();
  }

  pause(isPaused: boolean): void {
    this.isPaused = isPaused;
    for (const item of this.items) {
      if (isPaused && item.running) {
        void item.running.abort();
        item.running = undefined;
        item.state = 'waiting';
        this.#active -= 1;
      }
    }
    if (!isPaused) this.#next();
  }

  /** Puts the list away; what failed is forgotten, what runs goes on. */
  close(): void {
    for (const item of this.items) if (item.state === 'failed' || item.state === 'missing') void forget(item.id);
    this.items = this.items.filter((item) => !item.isOver && item.state !== 'failed' && item.state !== 'missing');
    this.skipped = 0;
    this.isShown = this.items.length > 0;
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
      const item = this.items.find((item) => item.state === 'waiting' && item.file);
      if (!item) break;
      this.#active += 1;
      item.state = 'checking';
      void this.#run(item);
    }
  }

  async #run(item: UploadItem): Promise<void> {
    try {
      const { file } = item;
      if (!file) return;
      const digest = await sha1(file).catch(() => {
        throw new Error(t('upload.unreadable'));
      });
      const { results } = await this.#waiting(() => api.post('/assets/bulk-upload-check', { body: { assets: [{ id: item.id, checksum: digest }] } }));
      const [answer] = results;
      if (answer?.action === 'reject' && answer.assetId) {
        item.isTrashed = answer.isTrashed ?? false;
        this.#finish(item, 'duplicate', answer.assetId);
        return;
      }
      if ((item.state as UploadState) !== 'checking') return;
      item.state = 'sending';
      await this.#send(item, file, digest);
    } catch (error) {
      if (!this.items.includes(item)) return;
      item.problem = explain(error);
      item.state = 'failed';
      this.#over(item);
    }
  }

  /** A server that is away is waited for. */
  async #waiting<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof ApiError) || error.status !== 0) throw error;
        await connection.restored();
      }
    }
  }

  async #send(item: UploadItem, file: File, digest: string): Promise<void> {
    const tus = await import('tus-js-client');
    const time = new Date(file.lastModified).toISOString();
    const upload = new tus.Upload(file, {
      endpoint: '/api/uploads',
      uploadUrl: item.url ?? null,
      chunkSize: 32 << 20,
      retryDelays: [0, 1000, 3000, 8000, 15_000, 30_000, 60_000, 60_000, 60_000],
      storeFingerprintForResuming: false,
      removeFingerprintOnSuccess: true,
      metadata: { filename: file.name, fileCreatedAt: time, fileModifiedAt: time, sha1: digest },
      onUploadUrlAvailable: () => {
        item.url = upload.url ?? undefined;
        if (upload.url) void note(item.id, upload.url);
      },
      onProgress: (sent) => (item.sent = sent),
      onAfterResponse: (_, response) => {
        const id = response.getHeader('heirloom-asset-id');
        if (id) item.assetId = id;
        const isDuplicate = response.getHeader('heirloom-asset-status') === 'duplicate';
        if (isDuplicate) item.isTrashed = false;
      },
      onShouldRetry: (error) => {
        const status = error.originalResponse?.getStatus() ?? 0;
        if (status === 401) void api.get('/users/me').catch(() => undefined); // Asks for the password, then the next try works.
        if (status === 0) connection.lose();
        return status === 0 || status === 401 || status === 409 || status === 423 || status === 460 || status >= 502;
      },
      onSuccess: () => this.#finish(item, 'done', item.assetId),
      onError: (error) => {
        item.running = undefined;
        if (!this.items.includes(item) || item.state !== 'sending') return;
        item.problem = this.#reason(error);
        item.state = 'failed';
        this.#over(item);
      },
    });
    item.running = upload;
    upload.start();
  }

  #reason(error: Error | { originalResponse?: { getBody(): string; getStatus(): number } | null }): string {
    const response = 'originalResponse' in error ? error.originalResponse : undefined;
    const status = response?.getStatus() ?? 0;
    let message = '';
    try {
      message = (JSON.parse(response?.getBody() ?? '') as { message?: string }).message ?? '';
    } catch {
      // No JSON: a proxy's page, or nothing.
    }
    if (/quota/i.test(message)) return t('upload.quota');
    if (status === 413) return t('upload.tooLarge');
    return status === 0 ? explain(new ApiError(0, '')) : message || explain(new ApiError(status, `HTTP ${status}`));
  }

  #finish(item: UploadItem, state: 'done' | 'duplicate', assetId: string | undefined): void {
    item.running = undefined;
    item.assetId = assetId;
    item.sent = item.size;
    item.file = undefined;
    item.state = state;
    void forget(item.id);
    if (item.albumId && assetId) this.#added.set(item.albumId, [...(this.#added.get(item.albumId) ?? []), assetId]);
    this.#over(item);
  }

  #over(_item: UploadItem): void {
    this.#active -= 1;
    this.#next();
    tell({ kind: 'refresh' });
    if (this.#active > 0 && (this.#added.size === 0 || this.open % 20 !== 0)) return;
    for (const [albumId, ids] of this.#added) {
      this.#added.delete(albumId);
      void api.put('/albums/{id}/assets', { path: { id: albumId }, body: { ids } }).then(() => tell({ kind: 'album', albumId }), () => undefined);
    }
    // Thumbnails come a moment after; those of the last files are asked for again.
    if (this.#active === 0) for (const delay of [2500, 8000]) setTimeout(() => tell({ kind: 'refresh' }), delay);
  }
}

export const uploads = new Uploads();

/** Lets a person choose files, or a folder with everything in it. */
export function pickFiles({ folder = false, albumId }: { folder?: boolean; albumId?: string } = {}): Promise<void> {
  const input = document.createElement('input');
  input.type = 'file';
  input.multiple = true;
  if (folder) input.webkitdirectory = true;
  else input.accept = 'image/*,video/*,.heic,.heif,.dng,.arw,.cr2,.cr3,.nef,.orf,.raf,.rw2,.mts,.insv';
  input.hidden = true;
  document.body.append(input);
  return new Promise((resolve) => {
    const done = () => {
      input.remove();
      resolve();
    };
    input.onchange = () => {
      void uploads.add([...(input.files ?? [])], albumId);
      done();
    };
    input.oncancel = done;
    input.click();
  });
}
