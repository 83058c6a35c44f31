/** The client as an app of the device: offline shell, files that other apps share, the number on its icon. */
import { uploads } from '../upload/uploads.svelte';
import { router } from './router.svelte';

const SHARED = 'shared-1';
/** As `sw.js` calls it. */
const SEEN = 'seen-1';

/** Needs HTTPS; over plain HTTP in a home network there is no such thing, and nothing else depends on it. */
export function install(): void {
  if (!('serviceWorker' in navigator) || !import.meta.env.PROD) return;
  const { serviceWorker } = navigator;
  if (!serviceWorker.controller) serviceWorker.addEventListener('controllerchange', tellFetched, { once: true });
  void serviceWorker.register('/sw.js').catch(() => undefined);
}

/** The worker has come to a page that is there already: without this, it would know nothing of it until the next visit. What
 * is still under way passes the worker by as well, and is told of when it has come. */
function tellFetched(): void {
  const now = performance.now();
  const observer = new PerformanceObserver((list) => {
    const before = list.getEntries().filter(({ startTime }) => startTime <= now);
    navigator.serviceWorker.controller?.postMessage({ fetched: before.map(({ name }) => name) });
  });
  observer.observe({ type: 'resource', buffered: true });
}

/** What `sw.js` laid aside goes into the queue, and lies there until the queue has it safe. */
export async function takeShared(): Promise<void> {
  if (router.place.query.has('shared')) router.setQuery({ shared: null }, { replace: true });
  if (!('caches' in window) || !(await caches.has(SHARED))) return;
  const cache = await caches.open(SHARED);
  const requests = new Map<File, Request>();
  for (const request of await cache.keys()) {
    const response = await cache.match(request);
    if (!response) continue;
    const name = decodeURIComponent(response.headers.get('x-name') ?? 'shared');
    const lastModified = Number(response.headers.get('x-modified')) || Date.now();
    requests.set(new File([await response.blob()], name, { type: response.headers.get('content-type') ?? '', lastModified }), request);
  }
  const release = (file: File) => {
    const request = requests.get(file);
    if (request) void cache.delete(request);
  };
  if (requests.size > 0) await uploads.add([...requests.keys()], { release });
}

/** How many files still have to be added. */
export function badge(count: number): void {
  if (!('setAppBadge' in navigator)) return;
  void (count > 0 ? navigator.setAppBadge(count) : navigator.clearAppBadge()).catch(() => undefined);
}

/** Photos that were locked do not stay in what `sw.js` keeps for when there is no network. */
export async function forgetKept(ids: string[]): Promise<void> {
  if (!('caches' in window)) return;
  const [cache, wanted] = [await caches.open(SEEN), new Set(ids)];
  for (const request of await cache.keys()) {
    const id = /^\/api\/assets\/([^/]+)\//.exec(new URL(request.url).pathname)?.[1];
    if (id && wanted.has(id)) await cache.delete(request);
  }
}
