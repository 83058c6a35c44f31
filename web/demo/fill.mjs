// Fills the fresh server at BASE with a small library: the pictures below PHOTOS, or made ones; people with names, albums,
// tags, favourites, shared links, a partner, memories, a video, something locked. `cargo xtask demo` runs it.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

const { BASE = '', PHOTOS = '' } = process.env;
const DAY = 86_400_000;
const ada = { email: 'ada@example.org', password: 'demonstration', name: 'Ada' };
/** Enough to scroll; more only takes longer. */
const PHOTOS_MAX = 160;
const NAMES = ['Anna', 'Clara', 'Marie', 'Ben', 'Julia', 'Paul', 'Emil'];

let token = '';
async function call(method, path, body, headers = {}) {
  const isForm = body instanceof FormData;
  const response = await fetch(`${BASE}/api${path}`, {
    method,
    headers: { ...(token ? { authorization: `Bearer ${token}` } : {}), ...(body && !isForm ? { 'content-type': 'application/json' } : {}), ...headers },
    body: isForm ? body : body && JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text ? JSON.parse(text) : undefined;
}

function pictures(folder) {
  const inside = readdirSync(folder, { withFileTypes: true });
  return inside.flatMap((entry) => (entry.isDirectory() ? pictures(join(folder, entry.name)) : /\.(jpe?g|png|heic|heif|webp)$/i.test(entry.name) ? [join(folder, entry.name)] : []));
}

/** Soft colours, for machines without photos. */
function made(folder) {
  for (let at = 0; at < 60; at += 1) {
    const size = ['1200x800', '800x1200', '1600x900', '1000x1000'][at % 4];
    const source = `gradients=s=${size}:seed=${at}:nb_colors=3:duration=1`;
    execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', source, '-frames:v', '1', join(folder, `picture ${at + 1}.jpg`)]);
  }
  return pictures(folder);
}

/** Every so many of a longer list, so that all kinds are there. */
function spread(list, count) {
  const step = Math.max(list.length / count, 1);
  return Array.from({ length: Math.min(count, list.length) }, (_, at) => list[Math.floor(at * step)]);
}

/** A picture that is looked at for some seconds. */
function film(folder, picture) {
  const file = join(folder, 'The_lake_from_the_boat.mp4');
  const fit = 'scale=1280:720:force_original_aspect_ratio=increase,crop=1280:720';
  execFileSync('ffmpeg', ['-v', 'error', '-loop', '1', '-t', '4', '-i', picture, '-vf', fit, '-pix_fmt', 'yuv420p', file]);
  return file;
}

async function upload(file, at) {
  // Days with several pictures each, back through the years; some of this very day in years before.
  const isToday = at % 20 === 7;
  const day = Math.floor(at / 8);
  const date = isToday ? new Date() : new Date(Date.now() - (day * 6 + day ** 2.2) * DAY - (at % 8) * 1_800_000);
  if (isToday) date.setFullYear(date.getFullYear() - 1 - (at % 3));
  const form = new FormData();
  form.append('assetData', new Blob([readFileSync(file)]), basename(file).replace(/^\d+_/, '').replaceAll('_', ' '));
  form.append('fileCreatedAt', date.toISOString());
  form.append('fileModifiedAt', date.toISOString());
  return (await call('POST', '/assets', form)).id;
}

async function settled() {
  for (;;) {
    const jobs = Object.values(await call('GET', '/jobs'));
    if (jobs.every(({ jobCounts }) => jobCounts.active + jobCounts.waiting === 0)) return;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

await call('POST', '/auth/admin-sign-up', ada);
token = (await call('POST', '/auth/login', ada)).accessToken;
await call('POST', '/system-metadata/admin-onboarding', { isOnboarded: true });

const scratch = mkdtempSync(join(tmpdir(), 'heirloom-demo-'));
const files = PHOTOS && existsSync(PHOTOS) ? pictures(PHOTOS) : made(scratch);
const faces = files.filter((file) => /faces/.test(file));
const chosen = [...spread(files.filter((file) => !/faces/.test(file)), PHOTOS_MAX - faces.length), ...faces].sort((a, b) => (basename(a) < basename(b) ? -1 : 1));
const ids = [];
for (const [at, file] of chosen.entries()) ids.push(await upload(file, at));
await upload(film(scratch, chosen[0]), 8);
rmSync(scratch, { recursive: true });
console.log(`${ids.length} pictures added; they are being looked at`);
await settled();
await new Promise((resolve) => setTimeout(resolve, 2000));
await settled();

const { people } = await call('GET', '/people?withHidden=true');
for (const [at, person] of people.slice(0, NAMES.length).entries()) await call('PUT', `/people/${person.id}`, { name: NAMES[at] });
await call('PUT', '/assets', { ids: spread(ids, 9), isFavorite: true });
await call('PUT', `/assets/${ids[0]}`, { description: 'The first picture of this library' });
await call('PUT', '/assets', { ids: ids.slice(3, 5), visibility: 'archive' });
await call('POST', '/auth/pin-code', { pinCode: '123456' });
await call('POST', '/auth/session/unlock', { pinCode: '123456' });
await call('PUT', '/assets', { ids: ids.slice(90, 95), visibility: 'locked' });
await call('POST', '/auth/session/lock');
for (const [name, from] of [['Family', 5], ['A day out', 30], ['Kitchen and garden', 60]]) {
  const album = await call('POST', '/albums', { albumName: name, assetIds: ids.slice(from, from + 14) });
  if (name === 'Family') await call('POST', '/shared-links', { type: 'ALBUM', albumId: album.id, slug: 'only-for-friends', password: 'friends' });
  if (name === 'A day out') await call('POST', '/shared-links', { type: 'ALBUM', albumId: album.id, description: 'A day out, for everybody', slug: 'a-day-out' });
}
const tags = await call('PUT', '/tags', { tags: ['Holidays', 'Holidays/Summer', 'Prints'] });
for (const [at, tag] of tags.entries()) await call('PUT', `/tags/${tag.id}/assets`, { ids: ids.slice(at * 6, at * 6 + 8) });
const ben = await call('POST', '/admin/users', { email: 'ben@example.org', password: 'demonstration', name: 'Ben', shouldChangePassword: false });
await call('POST', '/partners', { sharedWithId: ben.id });
await call('POST', '/jobs', { name: 'memory-create' });
console.log(`Sign in as ${ada.email} with the password “${ada.password}”; the locked folder opens with 123456`);
