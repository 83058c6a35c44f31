// What all stories share: the package, who acts, and the photos.
import { deepStrictEqual as equal, ok } from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as published from '@immich/sdk';

export { equal, ok };

/** Names of the package's functions that were called. */
export const called = new Set();

/** The package, which notes what is called. */
export const sdk = new Proxy(published, {
  get(target, name) {
    if (typeof target[name] === 'function') called.add(name);
    return target[name];
  },
});

/** Acts as whoever has that session, the way the phone's app does: by its cookie alone. */
export const as = (token) => ({ headers: { cookie: `immich_access_token=${token}` } });

/** Fails unless a call is refused with that status and a message that holds `part`. */
export async function refused(call, status, part = '') {
  const error = await call.then(
    (answer) => new Error(`not refused, but ${JSON.stringify(answer)}`),
    (error) => error,
  );
  ok(published.isHttpError(error), String(error));
  equal(error.status, status, JSON.stringify(error.data));
  const data = await said(error.data);
  ok(data.message.includes(part), `${data.message} does not say ${part}`);
  return data;
}

/** The package leaves a refusal as it came where it expects no JSON: as text, or as a blob. */
async function said(data) {
  if (data instanceof Blob) return JSON.parse(await data.text());
  return typeof data === 'string' ? JSON.parse(data) : data;
}

export const bytesOf = async (blob) => Buffer.from(await blob.arrayBuffer());
export const sha1 = (bytes, form) => createHash('sha1').update(bytes).digest(form);
export const file = (folder, name) => readFile(join(folder, name));

/** Waits as clients do: until no queue has anything to do. */
export async function settle(world) {
  for (let turn = 0; turn < 1200; turn++) {
    const queues = Object.values(await sdk.getQueuesLegacy());
    if (queues.every(({ jobCounts }) => jobCounts.active + jobCounts.waiting === 0)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`the queues of ${world.address} do not come to rest`);
}

export async function upload(world, name, more = {}) {
  const bytes = await file(world.folder, name);
  const assetMediaCreateDto = {
    assetData: new File([bytes], name),
    fileCreatedAt: '2020-01-02T03:04:05.000Z',
    fileModifiedAt: '2020-01-02T03:04:05.000Z',
    ...more,
  };
  return sdk.uploadAsset({ assetMediaCreateDto });
}
