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
let kept = 0;

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
      const request = work(db.transaction('queue', mode).objectStore('queue'));
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error ?? new Error('indexedDB'));
    });
  } catch {
    // A private window may forbid it: uploads work, they only do not survive a reload.
    return undefined;
  }
}

export async function keep(entry: Stored, file: File): Promise<void> {
  const isSmall = file.size <= FILE_MAX && kept + file.size <= ALL_MAX;
  if (isSmall) kept += file.size;
  const saved = await run('readwrite', (store) => store.put(isSmall ? { ...entry, file } : entry));
  if (saved === undefined && isSmall) await run('readwrite', (store) => store.put(entry));
}

export async function note(id: string, url: string): Promise<void> {
  const entry = await run<Stored | undefined>('readonly', (store) => store.get(id) as IDBRequest<Stored | undefined>);
  if (entry) await run('readwrite', (store) => store.put({ ...entry, url }));
}

export async function forget(id: string): Promise<void> {
  await run('readwrite', (store) => store.delete(id));
}

export async function remembered(userId: string): Promise<Stored[]> {
  const all = (await run<Stored[]>('readonly', (store) => store.getAll() as IDBRequest<Stored[]>)) ?? [];
  return all.filter((entry) => entry.userId === userId);
}
