/**
 * The queue as it survives a reload, in the browser's own database. Small files are kept with it; for large ones only
 * how far they are, and the person is asked to choose them again.
 */
export interface Stored {
  id: string;
  /** Whose queue it is: another person at the same browser never sees it. */
  userId: string;
  name: string;
  size: number;
  modified: number;
  /** Where the server keeps what arrived (tus). */
  url?: string;
  albumId?: string;
  file?: File;
}

const FILE_MAX = 96 << 20;
const ALL_MAX = 1 << 30;
/** How large the files are that lie here. */
const kept = new Map<string, number>();
let sum = 0;

function count(id: string, size: number): void {
  sum += size - (kept.get(id) ?? 0);
  if (size > 0) kept.set(id, size);
  else kept.delete(id);
}

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open('heirloom-uploads', 1);
    request.onupgradeneeded = () => request.result.createObjectStore('queue', { keyPath: 'id' });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('indexedDB'));
  });
}

let database: Promise<IDBDatabase> | undefined;

async function run<T>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest<T>): Promise<T | undefined> {
  try {
    const db = await (database ??= open());
    return await new Promise((resolve, reject) => {
      const transaction = db.transaction('queue', mode);
      const request = work(transaction.objectStore('queue'));
      // Only then it lies on the disk: a request may succeed, and the disk be full.
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error ?? new Error('indexedDB'));
    });
  } catch {
    // A private window may forbid it: uploads work, they only do not survive a reload.
    return undefined;
  }
}

/** Whether the file itself lies here now. */
export async function keep(entry: Stored, file: File): Promise<boolean> {
  if (file.size <= FILE_MAX && sum + file.size <= ALL_MAX) {
    count(entry.id, file.size);
    if ((await run('readwrite', (store) => store.put({ ...entry, file }))) !== undefined) return true;
    count(entry.id, 0);
  }
  await run('readwrite', (store) => store.put(entry));
  return false;
}

/** Where it goes on, if it lies here still. */
export async function note(id: string, url: string): Promise<void> {
  await run('readwrite', (store) => {
    const asked = store.get(id) as IDBRequest<Stored | undefined>;
    asked.onsuccess = () => asked.result && store.put({ ...asked.result, url });
    return asked;
  });
}

export async function forget(id: string): Promise<void> {
  count(id, 0);
  await run('readwrite', (store) => store.delete(id));
}

export async function remembered(userId: string): Promise<Stored[]> {
  const all = (await run<Stored[]>('readonly', (store) => store.getAll() as IDBRequest<Stored[]>)) ?? [];
  for (const { id, file } of all) count(id, file?.size ?? 0);
  return all.filter((entry) => entry.userId === userId);
}
