/** What every test of the client needs: a browser on two sizes of screen, a person, a look at accessibility. */
import axe from 'axe-core';
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';

export const base = process.env.BASE ?? '';
const folder = process.env.PHOTOS ?? '';
export const photos = (): string[] => readdirSync(folder).map((name) => join(folder, name));

export const ada = { email: 'ada@example.org', password: 'correct horse battery', name: 'Ada' };

const SIZES = {
  desktop: { viewport: { width: 1440, height: 900 } },
  phone: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
} as const;
type Size = keyof typeof SIZES;

let browser: Browser | undefined;
async function launched(): Promise<Browser> {
  browser ??= await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
  return browser;
}
after(() => browser?.close());

export interface Visit {
  page: Page;
  context: BrowserContext;
  size: Size;
  /** Fails if the page breaks a rule of WCAG 2.2 AA that a machine can see. */
  checkAccess: () => Promise<void>;
}

interface Options {
  isSignedIn?: boolean;
  /** Whether the service worker is there, whose requests `page.route` does not see. */
  hasWorker?: boolean;
}

/** A story in a fresh browser of that size; anything the page complains of fails it. */
export async function visit(size: Size, story: (visit: Visit) => Promise<void>, { isSignedIn = true, hasWorker = false }: Options = {}): Promise<void> {
  const serviceWorkers = hasWorker ? 'allow' : 'block';
  const context = await (await launched()).newContext({ ...SIZES[size], baseURL: base, locale: 'en-GB', reducedMotion: 'reduce', serviceWorkers });
  context.setDefaultTimeout(30_000);
  const complaints: string[] = [];
  try {
    if (isSignedIn) await context.request.post(`${base}/api/auth/login`, { data: ada });
    const page = await context.newPage();
    page.on('pageerror', (error) => complaints.push(error.stack ?? error.message));
    // The policy's violations are told here too; refusals of the server (4xx) are part of life.
    page.on('console', (message) => {
      if (message.type() === 'error' && !/Failed to load resource|WebSocket connection/.test(message.text())) complaints.push(message.text());
    });
    await story({ page, context, size, checkAccess: () => checkAccess(page) });
    assert.deepEqual(complaints, [], 'the page complained');
  } finally {
    await context.close();
  }
}

/** The same story on a desktop and on a phone. */
export function onBoth(name: string, story: (visit: Visit) => Promise<void>, options?: Options): void {
  for (const size of Object.keys(SIZES) as Size[]) test(`${name} (${size})`, () => visit(size, story, options));
}

async function checkAccess(page: Page): Promise<void> {
  await page.evaluate(axe.source);
  const found = await page.evaluate(async () => {
    const { axe: checker } = window as unknown as { axe: typeof axe };
    const { violations } = await checker.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] });
    return violations.map(({ id, help, nodes }) => `${id}: ${help}\n  ${nodes.map((node) => node.html.slice(0, 160)).join('\n  ')}`);
  });
  assert.deepEqual(found, [], `accessibility of ${page.url()}`);
}

/** A call as the signed-in person, for what a story needs to be there. */
export async function call<T>(context: BrowserContext, method: string, path: string, data?: unknown): Promise<T> {
  const response = await context.request.fetch(`${base}/api${path}`, { method, data });
  assert.ok(response.ok(), `${method} ${path}: ${response.status()} ${await response.text()}`);
  const text = await response.text();
  return (text ? JSON.parse(text) : undefined) as T;
}

export interface Person {
  id: string;
  email: string;
  password: string;
  name: string;
}

/** A new account; whoever is signed in has to be an administrator. */
export async function newcomer(context: BrowserContext, name: string): Promise<Person> {
  const person = { email: `${name.toLowerCase().replaceAll(' ', '-')}@example.org`, password: 'a long enough word', name };
  const { id } = await call<{ id: string }>(context, 'POST', '/admin/users', { ...person, shouldChangePassword: false });
  return { ...person, id };
}

export async function signIn(context: BrowserContext, { email, password }: { email: string; password: string }): Promise<void> {
  await context.clearCookies();
  await call(context, 'POST', '/auth/login', { email, password });
}

/** Some photos (no videos) of the library, the oldest first. */
export async function somePhotos(context: BrowserContext): Promise<{ id: string; localDateTime: string }[]> {
  const { assets } = await call<{ assets: { items: { id: string; localDateTime: string }[] } }>(context, 'POST', '/search/metadata', { type: 'IMAGE', order: 'asc' });
  return assets.items;
}

export const tiles = (page: Page) => page.locator('[data-photo]');

/** Waits until something is so that only the server knows. (The page's `waitForFunction` takes a promise for a yes.) */
export async function until(isSo: () => Promise<unknown>, patience = 60_000): Promise<void> {
  const end = Date.now() + patience;
  while (!(await isSo())) {
    assert.ok(Date.now() < end, 'it did not come to be in time');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Waits until the server has nothing left to do: every photo is at its place in time. */
export async function settled(context: BrowserContext): Promise<void> {
  await until(async () => {
    const queues = await call<{ statistics: { active: number; waiting: number } }[]>(context, 'GET', '/queues');
    return queues.every(({ statistics }) => statistics.active + statistics.waiting === 0);
  });
}
