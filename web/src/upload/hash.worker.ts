/** SHA-1 of files of any size, away from the page. In WebAssembly, because browsers hash only for pages over HTTPS. */
import { createSHA1 } from 'hash-wasm';

const CHUNK = 8 << 20;

self.onmessage = async (event: MessageEvent<{ id: number; file: Blob }>) => {
  const { id, file } = event.data;
  try {
    const hash = await createSHA1();
    hash.init();
    for (let at = 0; at < file.size; at += CHUNK) {
      hash.update(new Uint8Array(await file.slice(at, at + CHUNK).arrayBuffer()));
    }
    self.postMessage({ id, sha1: hash.digest('hex') });
  } catch (error) {
    self.postMessage({ id, error: String(error) });
  }
};
