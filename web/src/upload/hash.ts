let worker: Worker | undefined;
let next = 1;
const waiting = new Map<number, { resolve: (sha1: string) => void; reject: (error: Error) => void }>();

/** SHA-1 of a file, in hexadecimal. */
export function sha1(file: Blob): Promise<string> {
  if (!worker) {
    worker = new Worker(new URL('./hash.worker.ts', import.meta.url), { type: 'module' });
    worker.onmessage = (event: MessageEvent<{ id: number; sha1?: string; error?: string }>) => {
      const { id, sha1: digest, error } = event.data;
      const asked = waiting.get(id);
      waiting.delete(id);
      if (digest) asked?.resolve(digest);
      else asked?.reject(new Error(error));
    };
    worker.onerror = () => {
      for (const asked of waiting.values()) asked.reject(new Error('worker'));
      waiting.clear();
      // The next file begins with another one.
      worker = undefined;
    };
  }
  const id = next++;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    worker?.postMessage({ id, file });
  });
}
