// Runs the tests beside this file, in one process and in this order, against the fresh server at BASE. They upload,
// change and delete, so a server that somebody has set up is refused. The Rust test `web_client` starts that server and
// makes the photos in PHOTOS. Names of files (`node e2e/run.mjs viewer`) choose some, `2/3` every third from the second; the
// first run comes before them.
import { readdirSync } from 'node:fs';
import { runnerImport } from 'vite';

const { BASE, PHOTOS } = process.env;
if (!BASE || !PHOTOS) throw new Error('BASE (address of a fresh server) and PHOTOS (a folder) must be set');
const { isInitialized } = await (await fetch(`${BASE}/api/server/config`)).json();
if (isInitialized !== false) throw new Error(`${BASE} is set up already: these tests change what is there, and want a server of their own`);

const order = ['welcome', 'timeline', 'viewer', 'albums', 'share'];
const rank = (noun) => (order.indexOf(noun) + 100) % 100;
const all = readdirSync(import.meta.dirname).filter((file) => file.endsWith('.test.ts')).map((file) => file.split('.')[0]);
const chosen = process.argv.slice(2);
const [part, parts] = chosen[0]?.match(/^(\d+)\/(\d+)$/)?.slice(1).map(Number) ?? [];
const isChosen = (noun, at) => (parts ? at % parts === part - 1 : chosen.length === 0 || chosen.includes(noun));
const others = all.filter((noun) => noun !== 'welcome').sort((a, b) => rank(a) - rank(b)).filter(isChosen);
const nouns = ['welcome', ...others];
for (const noun of nouns) await runnerImport(`${import.meta.dirname}/${noun}.test.ts`, { configFile: false, logLevel: 'error' });
