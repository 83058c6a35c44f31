// Pictures of every page of the filled server at BASE, into the folder OUT: light and dark, desktop and phone, and German.
// Names given on the command line choose some.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const { BASE = '', OUT = '' } = process.env;
const SIZES = {
  desktop: { viewport: { width: 1280, height: 800 } },
  phone: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 },
};
const TALL = 2600;
const press = (key) => (page) => page.keyboard.press(key);
const nothing = () => undefined;
/**
 * Name of the picture, address, and what else there is to know: `by` who looks (Ada, `ben` or `nobody`), what happens
 * `before` the page is opened, what is done (`act`) before the picture is taken, and whether the window is so high (`isTall`)
 * that all of a long page is seen.
 */
const PAGES = [
  ['timeline', '/'],
  ['selection', '/', { act: choose }],
  ['help', '/', { act: press('?') }],
  ['server-away', '/', { act: loseServer }],
  ['search', '/search'],
  ['found', '/search?q=animal'],
  ['filters', '/search', { act: (page) => page.locator('form[role=search] button').last().click() }],
  ['albums', '/albums'],
  ['album', ({ album }) => `/albums/${album}`],
  ['album-share', ({ album }) => `/albums/${album}`, { act: (page) => page.getByRole('button', { name: /^(Share|Teilen)/ }).first().click() }],
  ['comments', ({ album }) => `/albums/${album}`, { act: talk }],
  ['people', '/people'],
  ['person', ({ person }) => `/people/${person}`],
  ['person-name', ({ person }) => `/people/${person}`, { act: (page) => page.locator('main header button').first().click() }],
  ['map', '/map'],
  ['map-place', '/map', { act: (page) => page.locator('.list button').click() }],
  ['memories', '/memories'],
  ['memory', ({ memory }) => `/memories?open=${memory}`],
  ['favorites', '/favorites'],
  ['recent', '/recent'],
  ['tags', '/tags'],
  ['tag', ({ tag }) => `/tags/${tag}`],
  ['folders', '/folders'],
  ['archive', '/archive'],
  ['locked', '/locked'],
  ['locked-open', '/locked', { act: unlock }],
  ['trash', '/trash'],
  ['shared-links', '/shared-links'],
  ['share', '/s/a-day-out'],
  ['partners', '/partners'],
  ['duplicates', '/duplicates', { isTall: true }],
  ['large-files', '/large-files'],
  ['settings', '/settings', { isTall: true }],
  ['settings-key', '/settings', { act: (page) => page.getByRole('button', { name: /^(New key|Neuer Schlüssel)/ }).click() }],
  ['rules', '/settings/rules'],
  ['expired', '/settings', { act: expire }],
  ['admin', '/admin', { isTall: true }],
  ['admin-user', '/admin', { act: (page) => page.locator('section header button').first().click() }],
  ['admin-work', '/admin/work'],
  ['admin-health', '/admin/health', { isTall: true }],
  ['admin-backups', '/admin/backups'],
  ['admin-libraries', '/admin/libraries'],
  ['admin-models', '/admin/models', { isTall: true }],
  ['admin-settings', '/admin/settings', { isTall: true }],
  ['viewer', ({ photo }) => `/?photo=${photo}`],
  ['video', ({ video }) => `/?photo=${video}`],
  ['info', ({ photo }) => `/?photo=${photo}`, { act: press('i') }],
  ['tagging', ({ photo }) => `/?photo=${photo}`, { act: press('#') }],
  ['editor', ({ photo }) => `/?photo=${photo}`, { act: press('e') }],
  ['uploads', '/', { before: holdUploads, act: upload }],
  ['empty', '/', { by: 'ben' }],
  ['nothing-here', '/no/such/page'],
  ['partner', ({ ada }) => `/partners/${ada}`, { by: 'ben' }],
  ['frame', ({ link }) => `/frame?key=${link}`, { by: 'nobody' }],
  ['frame-code', '/frame', { by: 'nobody' }],
  ['share-password', '/s/only-for-friends', { by: 'nobody' }],
  ['share-gone', '/share/no-longer', { by: 'nobody' }],
  ['login', '/', { by: 'nobody' }],
  ['first-run', '/', { by: 'nobody', before: pretendToBeNew }],
];
/** What is looked at in every language and look. */
const MAIN = ['timeline', 'search', 'albums', 'viewer', 'info', 'settings', 'admin', 'empty', 'login'];
const ROUNDS = [
  { size: 'desktop', look: 'light', locale: 'en-GB' },
  { size: 'desktop', look: 'dark', locale: 'en-GB' },
  { size: 'phone', look: 'light', locale: 'en-GB' },
  { size: 'phone', look: 'dark', locale: 'en-GB' },
  { size: 'desktop', look: 'light', locale: 'de-DE' },
  { size: 'phone', look: 'light', locale: 'de-DE' },
  { size: 'desktop', look: 'dark', locale: 'de-DE', only: MAIN },
  { size: 'phone', look: 'dark', locale: 'de-DE', only: MAIN },
];

async function choose(page) {
  for (const at of [0, 2, 3]) await page.locator('[data-check]').nth(at).click({ force: true });
}

async function loseServer(page) {
  for (const what of ['**/readyz', '**/api/**']) await page.route(what, (route) => route.abort('connectionrefused'));
  await page.locator('a[href="/albums"]').first().click();
}

/** Comments of an album that others see. */
async function talk(page) {
  await page.getByRole('button', { name: /^(Comments|Kommentare)/ }).first().click();
}

async function expire(page) {
  await page.context().clearCookies();
  await page.getByRole('button', { name: /^(Save|Speichern)/ }).first().click();
}

/** Files that are sent and never arrive: the picture shows them on their way, and the library stays as it is. */
function holdUploads({ page }) {
  return page.route('**/api/uploads**', nothing);
}
async function upload(page) {
  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: /Add photos|Fotos hinzufügen/ }).click();
  await page.getByRole('menuitem').first().click();
  const buffer = Buffer.from(String(Math.random()));
  await (await chooser).setFiles(['The lake.jpg', 'The boat.jpg', 'The way home.mp4'].map((name) => ({ name, mimeType: 'image/jpeg', buffer: Buffer.concat([buffer, Buffer.from(name)]) })));
}

async function unlock(page) {
  await page.getByLabel('PIN').fill('123456');
  await page.keyboard.press('Enter');
}

/** Only a server without anybody shows how it begins; this one is not asked. */
function pretendToBeNew({ page }) {
  return page.route('**/api/server/config', async (route) => {
    const config = await (await route.fetch()).json();
    await route.fulfill({ json: { ...config, isInitialized: false, isOnboarded: false } });
  });
}

/** What the addresses need. */
async function known(request) {
  const ask = async (path, data) => (await (data ? request.post(`${BASE}/api${path}`, { data }) : request.get(`${BASE}/api${path}`))).json();
  const { people } = await ask('/people');
  const [album] = (await ask('/albums')).sort((one, other) => Number(other.hasSharedLink) - Number(one.hasSharedLink));
  const [tag] = (await ask('/tags')).filter(({ value }) => value === 'Holidays');
  const [memory] = await ask('/memories');
  const links = await ask('/shared-links');
  const photos = await ask('/search/metadata', { type: 'IMAGE', order: 'desc', isFavorite: true, size: 5 });
  const videos = await ask('/search/metadata', { type: 'VIDEO', size: 1 });
  return {
    ada: (await ask('/users/me')).id,
    album: album?.id,
    link: links.find(({ slug }) => slug === 'a-day-out')?.key,
    memory: memory?.id,
    person: people[0]?.id,
    photo: photos.assets.items[0]?.id,
    tag: tag?.id,
    video: videos.assets.items[0]?.id,
  };
}

async function become(context, name) {
  await context.clearCookies();
  if (name !== 'nobody') await context.request.post(`${BASE}/api/auth/login`, { data: { email: `${name}@example.org`, password: 'demonstration' } });
}

const chosen = process.argv.slice(2);
mkdirSync(OUT, { recursive: true });
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });

for (const { size, look, locale, only } of ROUNDS) {
  const context = await browser.newContext({ ...SIZES[size], baseURL: BASE, locale, colorScheme: look, reducedMotion: 'reduce' });
  let who = 'ada';
  await become(context, who);
  const ids = await known(context.request);
  for (const [name, address, { by = 'ada', before, act, isTall } = {}] of PAGES) {
    if ((chosen.length > 0 && !chosen.includes(name)) || (only && !only.includes(name))) continue;
    if (by !== who) await become(context, (who = by));
    // A page each: what one was told to hold back or to pretend is not the next one's.
    const page = await context.newPage();
    page.on('dialog', (dialog) => void dialog.accept().catch(nothing));
    await before?.({ page, context });
    if (isTall) await page.setViewportSize({ ...SIZES[size].viewport, height: TALL });
    await page.goto(typeof address === 'string' ? address : address(ids));
    await page.waitForLoadState('networkidle').catch(nothing);
    await page.waitForTimeout(600);
    try {
      await act?.(page);
    } catch (error) {
      console.error(`${name}, ${size}: ${error.message}`);
      process.exitCode = 1;
    }
    if (name === 'expired') who = '';
    if (act) await page.waitForTimeout(900);
    const suffix = locale === 'en-GB' ? '' : `-${locale.slice(0, 2)}`;
    await page.screenshot({ path: join(OUT, `${name}-${size}-${look}${suffix}.png`) });
    await page.evaluate(() => localStorage.removeItem('viewer.info'));
    await page.close();
  }
  await context.close();
}
await browser.close();
