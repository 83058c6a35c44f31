/** Addresses to pages. The table is in `routes.ts`. */
import type { Component } from 'svelte';
import { isUnsaved, mayLeave, mayLose } from '../design/unsaved';
import type { MessageKey } from '../messages/messages.svelte';
import { routes } from './routes';

export interface Route {
  /** `/albums/:id` */
  path: string;
  load: () => Promise<{ default: Component<any> }>; // eslint-disable-line @typescript-eslint/no-explicit-any
  title: MessageKey;
  /** Shown without the navigation, to anybody. */
  isPublic?: boolean;
  /** Shown to the signed in, but filling the whole window (no navigation). */
  isBare?: boolean;
}

export interface Place {
  route: Route | undefined;
  path: string;
  params: Record<string, string>;
  query: URLSearchParams;
}

/** An address that somebody mistyped (`100%`) is taken as it stands. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function match(url: URL): Place {
  const path = url.pathname.replace(/\/+$/, '') || '/';
  for (const route of routes) {
    const names: string[] = [];
    const pattern = route.path.replace(/:(\w+)/g, (_, name: string) => {
      names.push(name);
      return '([^/]+)';
    });
    const found = new RegExp(`^${pattern}$`).exec(path);
    if (found) {
      const params = Object.fromEntries(names.map((name, index) => [name, decoded(found[index + 1] ?? '')]));
      return { route, path, params, query: url.searchParams };
    }
  }
  return { route: undefined, path, params: {}, query: url.searchParams };
}

class Router {
  place = $state.raw<Place>(match(new URL(location.href)));
  /** How many entries of the history are ours, so that "back" never leaves the site by surprise. */
  #depth = (history.state as { depth?: number } | null)?.depth ?? 0;
  /** We came to this page by the way back (or forth): it is to be as it was. */
  isReturn = false;
  /** The history is being set right after a step that the person did not confirm yet. */
  #isHeld = false;
  /** The next step was confirmed. */
  #isSure = false;

  constructor() {
    addEventListener('popstate', (event) => {
      if (this.#isHeld) {
        this.#isHeld = false;
        return;
      }
      const depth = (event.state as { depth?: number } | null)?.depth ?? 0;
      if (!this.#isSure && depth !== this.#depth && isUnsaved()) return this.#hold(depth - this.#depth);
      this.#isSure = false;
      this.#depth = depth;
      this.isReturn = true;
      this.#show();
    });
    // Ordinary links work everywhere; those to our own pages do not load the document again.
    document.addEventListener('click', (event) => {
      if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
      const link = (event.target as Element).closest?.('a[href]');
      if (!(link instanceof HTMLAnchorElement) || link.target || link.hasAttribute('download')) return;
      const url = new URL(link.href);
      if (url.origin !== location.origin || url.pathname.startsWith('/api/')) return;
      event.preventDefault();
      void this.leaveFor(url.pathname + url.search + url.hash);
    });
  }

  /** Names the place in the history. */
  get step(): string {
    return `${this.#depth} ${this.place.path}`;
  }

  go(to: string, { replace = false }: { replace?: boolean } = {}): void {
    if (to === location.pathname + location.search + location.hash) return;
    this.isReturn = false;
    if (replace) history.replaceState({ depth: this.#depth }, '', to);
    else history.pushState({ depth: ++this.#depth }, '', to);
    this.#show();
  }

  /** As `go`, where the person may have typed something that is not saved. */
  async leaveFor(to: string): Promise<void> {
    if (new URL(to, location.href).pathname === location.pathname || (await mayLeave())) this.go(to);
  }

  /** The browser has gone back or forth already: it returns, and goes again if the person wants to. */
  #hold(steps: number): void {
    this.#isHeld = true;
    history.go(-steps);
    void mayLose().then((isSure) => {
      if (!isSure) return;
      this.#isSure = true;
      history.go(steps);
    });
  }

  /** Sets or removes one parameter of the address. */
  setQuery(changes: Record<string, string | null>, options: { replace?: boolean } = {}): void {
    const url = new URL(location.href);
    for (const [key, value] of Object.entries(changes)) {
      if (value === null) url.searchParams.delete(key);
      else url.searchParams.set(key, value);
    }
    this.go(url.pathname + url.search, options);
  }

  /** Goes back if we came from one of our pages, else to `otherwise`. */
  back(otherwise: string): void {
    if (this.#depth > 0) history.back();
    else this.go(otherwise, { replace: true });
  }

  #show(): void {
    this.place = match(new URL(location.href));
  }
}

export const router = new Router();
