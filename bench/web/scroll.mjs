// How the timeline of a large library behaves in a browser: the server at BASE holds it, its owner is EMAIL with PASSWORD.
// Prints its figures as one line of JSON. Its rows name files that do not exist, so thumbnails are answered here, with one picture for all: what is measured is the
// client, and the server's months, not its files.
import { chromium } from 'playwright-core';

const { BASE = 'http://127.0.0.1:2283', EMAIL = 'ada@example.org', PASSWORD = 'demonstration' } = process.env;
const LEAST = { firstPhotoMs: 1000, frameMs: 50, heapMb: 120, jumpMs: 500, viewerMs: 100 };
const SCREENS = 50;
// 64 × 48, grey.
const PICTURE = Buffer.from('/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////////////wgALCAABAAEBAREA/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQABPxA=', 'base64');

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu', '--enable-precise-memory-info'] });
const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, baseURL: BASE });
await context.request.post(`${BASE}/api/auth/login`, { data: { email: EMAIL, password: PASSWORD } });
await context.route('**/thumbnail?*', (route) => route.fulfill({ contentType: 'image/jpeg', body: PICTURE, headers: { 'cache-control': 'private, max-age=3600' } }));
const page = await context.newPage();
const devtools = await context.newCDPSession(page);

const firstPhoto = async () => {
  await page.goto('/', { waitUntil: 'commit' });
  await page.locator('[data-photo] img.ready').first().waitFor();
  return page.evaluate(() => performance.now());
};
await firstPhoto(); // Fills the cache of scripts, as on any visit but the first.
const firstPhotoMs = await firstPhoto();
const { count, months } = await page.evaluate(async () => {
  const buckets = await (await fetch('/api/timeline/buckets?visibility=timeline')).json();
  return { count: buckets.reduce((sum, one) => sum + one.count, 0), months: buckets.length };
});

// A finger that flings: some screens a second, without a pause.
await page.evaluate(() => {
  const frames = (globalThis.frames_ = []);
  let last = performance.now();
  const frame = (now) => {
    frames.push(now - last);
    last = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  globalThis.tasks_ = [];
  new PerformanceObserver((list) => globalThis.tasks_.push(...list.getEntries().map((one) => one.duration))).observe({ entryTypes: ['longtask'] });
});
await devtools.send('Input.synthesizeScrollGesture', { x: 600, y: 400, yDistance: -SCREENS * 800, speed: 3200, gestureSourceType: 'mouse' });
const { frames, tasks } = await page.evaluate(() => ({ frames: globalThis.frames_.slice(2), tasks: globalThis.tasks_ }));
const slow = frames.filter((one) => one > LEAST.frameMs);

const scrubber = page.getByRole('slider');
const box = await scrubber.boundingBox();
const jumps = [];
for (const part of [0.9, 0.1, 0.5, 0.72, 0.33]) {
  const from = performance.now();
  await page.mouse.click(box.x + box.width / 2, box.y + box.height * part);
  await page.waitForFunction(() => [...document.querySelectorAll('[data-photo]')].some((tile) => tile.getBoundingClientRect().top > 64 && tile.getBoundingClientRect().top < 800 && tile.querySelector('img.ready')));
  jumps.push(performance.now() - from);
  await page.waitForTimeout(300);
}
await devtools.send('HeapProfiler.collectGarbage');
const { usedSize } = await devtools.send('Runtime.getHeapUsage');

const opening = async () => {
  await page.evaluate(() => {
    const tile = [...document.querySelectorAll('[data-photo] [data-open]')].find((one) => one.getBoundingClientRect().top > 100);
    globalThis.opened_ = new Promise((resolve) => {
      const begin = performance.now();
      const look = () => (document.querySelector('dialog.viewer[open] img') ? requestAnimationFrame(() => resolve(performance.now() - begin)) : requestAnimationFrame(look));
      tile.click();
      look();
    });
  });
  const time = await page.evaluate(() => globalThis.opened_);
  await page.keyboard.press('Escape');
  await page.locator('dialog.viewer').waitFor({ state: 'detached' });
  return time;
};
await opening(); // Fetches the viewer's code.
const viewer = [];
for (let times = 0; times < 5; times += 1) viewer.push(await opening());
await browser.close();

const median = (all) => all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)];
const FIGURES = [
  [`first photo of ${count.toLocaleString('en')}, ms`, firstPhotoMs, LEAST.firstPhotoMs],
  [`longest frame over ${SCREENS} screens, ms (median ${median(frames).toFixed(0)}, ${slow.length} of ${frames.length} above ${LEAST.frameMs}, longest task ${Math.max(0, ...tasks).toFixed(0)})`, Math.max(...frames), LEAST.frameMs],
  ['JavaScript heap after that, MB', usedSize / 1e6, LEAST.heapMb],
  [`a jump to any of ${months} months until its photos are there, ms, longest`, Math.max(...jumps), LEAST.jumpMs],
  ['opening the viewer, ms, median', median(viewer), LEAST.viewerMs],
];
console.log(JSON.stringify(FIGURES.map(([what, value, most]) => ({ what, figure: value.toFixed(0), wanted: `≤ ${most}`, isMet: value <= most }))));
