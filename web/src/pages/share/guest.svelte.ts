/** What a visitor adds to an album: one file after the other, each with its state. */
import { address, patiently } from '../../api/client';
import { ApiError, explain } from '../../api/errors';
import { tell } from '../../photos/changes';
import { isMedia } from '../../upload/media';
import { readable } from '../../upload/readable';

export interface Guest {
  file: File;
  state: 'waiting' | 'sending' | 'done' | 'failed';
  /** From 0 to 1. */
  part: number;
  problem: string;
}

export class GuestUploads {
  items = $state<Guest[]>([]);
  /** Files that are no photos or videos. */
  skipped = $state(0);
  #isRunning = false;

  readonly open = $derived(this.items.filter((item) => item.state === 'waiting' || item.state === 'sending').length);

  readonly failed = $derived(this.items.filter((item) => item.state === 'failed').length);

  add(files: Iterable<File>): void {
    this.skipped = 0;
    for (const file of files) {
      if (isMedia(file)) this.items.push({ file, state: 'waiting', part: 0, problem: '' });
      else this.skipped += 1;
    }
    void this.#run();
  }

  retry(item: Guest): void {
    item.state = 'waiting';
    item.part = 0;
    item.problem = '';
    void this.#run();
  }

  async #run(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    for (let item = this.#next(); item; item = this.#next()) {
      item.state = 'sending';
      try {
        await patiently(() => send(item));
        item.state = 'done';
        tell({ kind: 'refresh' });
      } catch (error) {
        item.state = 'failed';
        item.problem = explain(error);
      }
    }
    this.#isRunning = false;
    // Thumbnails come a moment after.
    setTimeout(() => tell({ kind: 'refresh' }), 3000);
  }

  #next(): Guest | undefined {
    return this.items.find((item) => item.state === 'waiting');
  }
}

/** `fetch` tells nothing of how much is sent. */
async function send(item: Guest): Promise<void> {
  await readable(item.file);
  const form = new FormData();
  const time = new Date(item.file.lastModified).toISOString();
  form.set('fileCreatedAt', time);
  form.set('fileModifiedAt', time);
  form.set('assetData', item.file);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', address('/assets'));
    request.responseType = 'json';
    request.upload.onprogress = ({ loaded, total }) => (item.part = total ? loaded / total : 0);
    request.onload = () => {
      if (request.status < 300) return resolve();
      const { message } = (request.response ?? {}) as { message?: string };
      reject(new ApiError(request.status, message ?? request.statusText));
    };
    request.onerror = () => void readable(item.file).then(() => reject(new ApiError(0, 'unreachable')), reject);
    request.send(form);
  });
}
