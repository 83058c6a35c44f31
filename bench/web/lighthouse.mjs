// Lighthouse on the pages that people see first, against the server at BASE, filled as `cargo xtask demo` does. Prints its
// figures as one line of JSON; what keeps a page from full marks goes to the other stream.
import lighthouse, { desktopConfig } from 'lighthouse';
import { chromium } from 'playwright-core';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const { BASE = 'http://127.0.0.1:2284' } = process.env;
const LEAST = { performance: 95, accessibility: 100, 'best-practices': 100 };
const PORT = 9333;
const profile = mkdtempSync(join(tmpdir(), 'heirloom-lighthouse-'));
const context = await chromium.launchPersistentContext(profile, {
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', `--remote-debugging-port=${PORT}`],
});
await context.request.post(`${BASE}/api/auth/login`, { data: { email: 'ada@example.org', password: 'demonstration' } });
const { assets } = await (await context.request.post(`${BASE}/api/search/metadata`, { data: { type: 'IMAGE', order: 'desc', size: 1 } })).json();
const pages = { timeline: '/', viewer: `/?photo=${assets.items[0].id}`, share: '/s/a-day-out' };

const figures = [];
for (const [look, config] of [['desktop', desktopConfig], ['phone', undefined]]) {
  for (const [name, path] of Object.entries(pages)) {
    const options = { port: PORT, output: 'json', logLevel: 'error', onlyCategories: Object.keys(LEAST), disableStorageReset: true };
    const { lhr } = await lighthouse(BASE + path, options, config);
    const scores = Object.fromEntries(Object.entries(lhr.categories).map(([key, { score }]) => [key, Math.round((score ?? 0) * 100)]));
    const low = Object.entries(LEAST).filter(([key, least]) => (scores[key] ?? 0) < least);
    const paint = lhr.audits['largest-contentful-paint'].displayValue;
    figures.push({
      what: `${name}, ${look}: performance, accessibility, best practices (largest paint ${paint})`,
      figure: Object.values(scores).join(', '),
      wanted: Object.values(LEAST).join(', '),
      isMet: low.length === 0,
    });
    console.error(name, look, scores);
    for (const [key] of low) {
      for (const { id } of lhr.categories[key].auditRefs) {
        const { score, title, displayValue = '', details } = lhr.audits[id];
        if (score !== null && score < 1) console.error(`  ${id}: ${title} ${displayValue} ${details?.items?.slice(0, 2).map((item) => item.node?.snippet ?? item.url ?? item.description ?? '').join(' | ')}`);
      }
    }
  }
}
await context.close();
rmSync(profile, { recursive: true, force: true });
console.log(JSON.stringify(figures));
