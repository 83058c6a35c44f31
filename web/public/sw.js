/*
 * Works only over HTTPS (or on the machine itself); without it everything else works as well.
 * Keeps the client, and what was seen lately, for when there is no network; takes what other apps share.
 */
const SHELL = 'shell-1';
const SEEN = 'seen-1';
const SHARED = 'shared-1';
/** Pictures that stay; the oldest go first. */
const SEEN_MAX = 1500;
/** Answers that the first screen needs. */
const FACTS = /^\/api\/(users\/me(\/preferences)?|server\/(config|features|storage)|timeline\/buckets?|albums|memories|people)$/;
const PICTURE = /^\/api\/(assets|people)\/[^/]+\/thumbnail$/;

self.addEventListener('install', (event) => {
  event.waitUntil(caches.open(SHELL).then((cache) => cache.add('/')).then(() => self.skipWaiting()));
});

self.addEventListener('activate', (event) => {
  const known = [SHELL, SEEN, SHARED];
  const clean = caches.keys().then((names) => Promise.all(names.filter((name) => !known.includes(name)).map((name) => caches.delete(name))));
  event.waitUntil(clean.then(() => self.clients.claim()));
});

/** Somebody has signed out: until a page begins anew, what the one before still asks for is not kept. */
let isOver = false;

/** On the first visit the page was there before this: it names what it has fetched, which the browser still has. */
self.addEventListener('message', (event) => {
  for (const address of Array.isArray(event.data?.fetched) ? event.data.fetched : []) {
    const url = new URL(address, location.origin);
    if (url.origin !== location.origin) continue;
    const name = url.pathname.startsWith('/assets/') ? SHELL : mayKeep(url) ? SEEN : undefined;
    if (name) event.waitUntil(keep(url.href, name).catch(() => undefined));
  }
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== location.origin) return;
  if (request.method === 'POST') {
    if (url.pathname === '/share-target') event.respondWith(takeShared(request));
    // Another person may sign in: nothing of the one before stays on this device.
    else if (/^\/api\/auth\/(login|logout)$/.test(url.pathname)) {
      isOver = url.pathname.endsWith('/logout');
      event.waitUntil(caches.delete(SEEN));
    }
    // A page that goes away closes the locked folder with this. Left to the browser it is lost together with the page.
    else if (url.pathname === '/api/auth/session/lock') event.respondWith(fetch(request));
    return;
  }
  if (request.method !== 'GET' || request.headers.has('range')) return;
  if (request.mode === 'navigate') {
    if (isOver) event.waitUntil(caches.delete(SEEN).then(() => (isOver = false)));
    if (!url.pathname.startsWith('/api/')) event.respondWith(page(request, url));
  } else if (url.pathname.startsWith('/assets/')) event.respondWith(kept(event, request, SHELL));
  else if (mayKeep(url)) event.respondWith(isFixed(url) ? kept(event, request, SEEN) : fresh(event, request));
});

/** Never what is locked, and nothing of shared links: they end. */
function mayKeep(url) {
  if (url.searchParams.has('key') || url.searchParams.has('slug') || url.searchParams.get('visibility') === 'locked') return false;
  return PICTURE.test(url.pathname) || FACTS.test(url.pathname);
}

/** The server says of each picture whether it may stay on the device: not when it is locked. */
function mayStay(answer, name) {
  if (isOver && name === SEEN) return false;
  return answer.status === 200 && !/no-store/.test(answer.headers.get('cache-control') ?? '');
}

/** A picture whose address says which state of it is meant. */
function isFixed(url) {
  return PICTURE.test(url.pathname) && (url.searchParams.has('c') || url.searchParams.has('updatedAt'));
}

/** The client itself; without a network, as it was last. */
async function page(request, url) {
  try {
    const answer = await fetch(request);
    // Every address is answered with the same page; those of shared links carry their title.
    if (answer.ok && url.pathname === '/') await renew(answer.clone());
    return answer;
  } catch (error) {
    const shell = await caches.match('/', { cacheName: SHELL });
    if (shell) return shell;
    throw error;
  }
}

/** Another page is another build: the files of the one before are asked for by nobody any more. */
async function renew(answer) {
  const cache = await caches.open(SHELL);
  const before = await cache.match('/');
  if (before && (await before.text()) !== (await answer.clone().text())) await caches.delete(SHELL);
  await (await caches.open(SHELL)).put('/', answer);
}

async function keep(address, name) {
  const cache = await caches.open(name);
  if (await cache.match(address)) return;
  const answer = await fetch(address);
  if (mayStay(answer, name)) await cache.put(address, answer);
}

/** What never changes under its address. */
async function kept(event, request, name) {
  const cache = await caches.open(name);
  const found = await cache.match(request);
  if (found) return found;
  const answer = await fetch(request);
  if (mayStay(answer, name)) event.waitUntil(cache.put(request, answer.clone()).then(() => (name === SEEN ? trim(cache) : undefined)));
  return answer;
}

/** What changes: from the server, else as it was last. */
async function fresh(event, request) {
  const cache = await caches.open(SEEN);
  try {
    const answer = await fetch(request);
    if (mayStay(answer, SEEN)) event.waitUntil(cache.put(request, answer.clone()));
    return answer;
  } catch (error) {
    const found = await cache.match(request);
    if (found) return found;
    throw error;
  }
}

let puts = 0;
async function trim(cache) {
  puts += 1;
  if (puts % 100 !== 1) return;
  const keys = await cache.keys();
  for (const key of keys.slice(0, Math.max(0, keys.length - SEEN_MAX))) await cache.delete(key);
}

/** Files that another app shares wait until the page has put them into its queue. */
async function takeShared(request) {
  const form = await request.formData();
  const cache = await caches.open(SHARED);
  let at = Date.now();
  for (const file of form.getAll('files')) {
    if (!(file instanceof File)) continue;
    const headers = { 'content-type': file.type, 'x-name': encodeURIComponent(file.name), 'x-modified': String(file.lastModified) };
    await cache.put(`/shared/${at++}`, new Response(file, { headers }));
  }
  return Response.redirect('/?shared', 303);
}
