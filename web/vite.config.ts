import { svelte } from '@sveltejs/vite-plugin-svelte';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

/** Where `npm run dev` finds a server; `cargo xtask run` serves there. */
const server = process.env.HEIRLOOM_SERVER ?? 'http://localhost:2283';

/** Where a build is put together, and where it is once it is whole: nobody sees half a client. */
const UNFINISHED = 'dist.new';
const FINISHED = 'dist';

/**
 * The library's icons put their lines together one by one when they are shown, which took a third of the first screen's
 * time. Here each becomes a fixed picture, with the attributes that this client uses.
 */
function flatIcons(): Plugin {
  const attributes = (all: Record<string, string>) => Object.entries(all).map(([key, value]) => `${key}="${value}"`).join(' ');
  return {
    name: 'heirloom-flat-icons',
    enforce: 'pre',
    transform: {
      filter: { id: /@lucide[\\/]svelte[\\/]dist[\\/]icons[\\/][\w-]+\.svelte$/ },
      handler(code) {
        const node = /"node": (\[\[.*\]\])/.exec(code)?.[1];
        if (!node) throw new Error('an icon of @lucide/svelte is not written as it was');
        const lines = (JSON.parse(node) as [string, Record<string, string>][]).map(([tag, all]) => `<${tag} ${attributes(all)} />`);
        return `<script>
  let { size = 24, strokeWidth = 2, fill = 'none', 'aria-label': label = undefined } = $props();
</script>
<svg width={size} height={size} viewBox="0 0 24 24" {fill} stroke="currentColor" stroke-width={strokeWidth} stroke-linecap="round" stroke-linejoin="round" role={label ? 'img' : undefined} aria-label={label} aria-hidden={label ? undefined : 'true'}>${lines.join('')}</svg>`;
      },
    },
  };
}

/** Files that shrink are laid beside themselves compressed, so that the server compresses nothing at run time. */
function precompress(): Plugin {
  const worthwhile = /\.(js|css|html|svg|json|webmanifest|txt|wasm)$/;
  const visit = (path: string): void => {
    for (const name of readdirSync(path)) {
      const file = join(path, name);
      if (statSync(file).isDirectory()) visit(file);
      else if (worthwhile.test(name) && statSync(file).size > 512) {
        const bytes = readFileSync(file);
        const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } };
        writeFileSync(`${file}.br`, brotliCompressSync(bytes, quality));
        writeFileSync(`${file}.gz`, gzipSync(bytes, { level: 9 }));
      }
    }
  };
  return {
    name: 'heirloom-precompress',
    apply: 'build',
    // Also called when a build failed, whose own reason is to be seen then.
    closeBundle: () => {
      if (!existsSync(UNFINISHED)) return;
      visit(UNFINISHED);
      rmSync(FINISHED, { recursive: true, force: true });
      renameSync(UNFINISHED, FINISHED);
    },
  };
}

/** What the first page needs before it shows anything: itself, the timeline, one language. */
const FIRST = /(?:src\/pages\/timeline\/TimelinePage\.svelte|src\/messages\/de\/index\.ts)$/;
/** Of the scripts of the first page, compressed. */
const FIRST_MAX = 150_000;

/** Fails a build whose first page has become heavy. */
function weigh(): Plugin {
  return {
    name: 'heirloom-weigh',
    apply: 'build',
    generateBundle(_, bundle) {
      const weights = new Map<string, number>();
      const visit = (name: string): void => {
        const chunk = bundle[name];
        if (weights.has(name) || chunk?.type !== 'chunk') return;
        weights.set(name, brotliCompressSync(chunk.code).length);
        for (const needed of chunk.imports) visit(needed);
      };
      for (const [name, chunk] of Object.entries(bundle)) {
        if (chunk.type === 'chunk' && (chunk.isEntry || FIRST.test(chunk.facadeModuleId ?? ''))) visit(name);
      }
      const sum = [...weights.values()].reduce((all, one) => all + one, 0);
      if (sum > FIRST_MAX) this.error(`the first page needs ${sum} bytes of JavaScript, more than ${FIRST_MAX}`);
      this.info(`the first page needs ${sum} bytes of JavaScript`);
    },
  };
}

/** What the timeline asks the server first, in the words of `session.svelte.ts` and `TimelinePage.svelte`. */
const FACTS = ['/api/users/me', '/api/timeline/buckets?visibility=timeline&withStacked=true&withPartners=true'];

/** Tells `early.js` what the files are called that it fetches ahead. */
function hasten(): Plugin {
  return {
    name: 'heirloom-hasten',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler: (html, { bundle = {} }) => {
        const filesOf = (module: string): string => {
          const chunk = Object.values(bundle).find((one) => one.type === 'chunk' && one.facadeModuleId?.endsWith(module));
          if (chunk?.type !== 'chunk') throw new Error(`${module} is no chunk of its own any more`);
          const styles = [...(chunk.viteMetadata?.importedCss ?? [])];
          return [chunk.fileName, ...styles].map((file) => `/${file}`).join(' ');
        };
        const attrs = {
          name: 'early',
          'data-en': filesOf('src/messages/en/index.ts'),
          'data-de': filesOf('src/messages/de/index.ts'),
          'data-timeline': filesOf('src/pages/timeline/TimelinePage.svelte'),
          'data-facts': FACTS.join(' '),
        };
        return { html, tags: [{ tag: 'meta', attrs, injectTo: 'head-prepend' }] };
      },
    },
  };
}

/*
 * What every page stands on, and what every list of photos does, are one file each: far from the server each file costs a
 * way there and back, and as many pieces as there are icons cost seconds. What one page alone needs stays with that page.
 */
const FRAME = { name: 'frame', test: /node_modules[\\/](svelte|esm-env|clsx|@lucide)[\\/]|src[\\/](api|app|design)[\\/]|src[\\/]messages[\\/]\w+(\.svelte)?\.ts$/, minShareCount: 2, priority: 2 };
const GRID = { name: 'grid', test: /src[\\/](photos|pages[\\/]timeline)[\\/]/, minShareCount: 2, priority: 1 };

export default defineConfig({
  plugins: [flatIcons(), svelte(), weigh(), hasten(), precompress()],
  build: {
    outDir: UNFINISHED,
    target: ['chrome123', 'firefox121', 'safari17.5'],
    // No data: addresses for scripts or fonts: the page's policy allows none.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { output: { codeSplitting: { groups: [FRAME, GRID] } } },
    reportCompressedSize: false,
  },
  worker: { format: 'es' },
  server: {
    proxy: {
      '/api': { target: server, changeOrigin: false, ws: true },
      '/custom.css': server,
    },
  },
});
