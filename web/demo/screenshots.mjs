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
/** Name of the picture, address, and what is done there first. */
const PAGES = [
  ['timeline', '/'],
  ['search', '/search'],
  ['found', '/search?q=animal'],
  ['albums', '/albums'],
  ['album', ({ album }) => `/albums/${album}`],
  ['people', '/people'],
  ['person', ({ person }) => `/people/${person}`],
  ['map', '/map'],
  ['memories', '/memories'],
  ['favorites', '/favorites'],
  ['tags', '/tags'],
  ['folders', '/folders'],
  ['archive', '/archive'],
  ['locked', '/locked'],
  ['trash', '/trash'],
  ['shared-links', '/shared-links'],
  ['share', '/s/a-day-out'],
  ['partners', '/partners'],
  ['duplicates', '/duplicates'],
  ['large-files', '/large-files'],
  ['settings', '/settings'],
  ['admin', '/admin'],
  ['admin-work', '/admin/work'],
  ['admin-health', '/admin/health'],
  ['admin-libraries', '/admin/libraries'],
  ['admin-models', '/admin/models'],
  ['admin-settings', '/admin/settings'],
  ['viewer', ({ photo }) => `/?photo=${photo}`],
  ['info', ({ photo }) => `/?photo=${photo}`, (page) => page.keyboard.press('i')],
  ['editor', ({ photo }) => `/?photo=${photo}`, (page) => page.keyboard.press('e')],
  ['frame-code', '/frame', undefined, true],
  ['login', '/', undefined, true],
];
const chosen = process.argv.slice(2);
mkdirSync(OUT, { recursive: true });
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });

/** What the addresses need. */
async function known(request) {
  const ask = async (path, data) => (await (data ? request.post(`${BASE}/api${path}`, { data }) : request.get(`${BASE}/api${path}`))).json();
  const { people } = await ask('/people');
  const [album] = await ask('/albums');
  const { assets } = await ask('/search/metadata', { type: 'IMAGE', order: 'desc', isFavorite: true, size: 5 });
  return { album: album?.id, person: people[0]?.id, photo: assets.items[0]?.id };
}

for (const [size, look, locale] of [['desktop', 'light', 'en-GB'], ['desktop', 'dark', 'en-GB'], ['phone', 'light', 'en-GB'], ['phone', 'dark', 'en-GB'], ['desktop', 'light', 'de-DE'], ['phone', 'light', 'de-DE']]) {
  const context = await browser.newContext({ ...SIZES[size], baseURL: BASE, locale, colorScheme: look, reducedMotion: 'reduce' });
  await context.request.post(`${BASE}/api/auth/login`, { data: { email: 'ada@example.org', password: 'demonstration' } });
  const ids = await known(context.request);
  const page = await context.newPage();
  for (const [name, address, act, isOut] of PAGES) {
    if (chosen.length > 0 && !chosen.includes(name)) continue;
    if (isOut) await context.clearCookies();
    await page.goto(typeof address === 'string' ? address : address(ids));
    await page.waitForLoadState('networkidle').catch(() => undefined);
    await page.waitForTimeout(600);
    await act?.(page);
    if (act) await page.waitForTimeout(900);
    const suffix = locale === 'en-GB' ? '' : `-${locale.slice(0, 2)}`;
    await page.screenshot({ path: join(OUT, `${name}-${size}-${look}${suffix}.png`) });
    await page.evaluate(() => localStorage.removeItem('viewer.info'));
  }
  await context.close();
}
await browser.close();
