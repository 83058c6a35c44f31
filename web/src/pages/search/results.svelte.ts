/** What a search finds, page by page: the best first, or as a timeline. */
import { explain, isAbort } from '../../api/errors';
import { DatedList } from '../../photos/dated.svelte';
import { FlatList } from '../../photos/flat.svelte';
import { fromAsset } from '../../photos/photo';
import { find, type Part, type Search } from './search';

/**
 * A timeline is made of so many of the best. The server ranks and does not date: to be in order, results must be here; and
 * what comes after a thousand fits the question so little that its date says nothing.
 */
export const DATED_MAX = 1000;

export class Results {
  list = $state.raw<FlatList>();
  dated = $state.raw<DatedList>();
  understood = $state.raw<Part[]>([]);
  isDegraded = $state(false);
  problem = $state('');
  isBusy = $state(true);
  /** The page to ask for; without one, all is here. */
  #next = $state<number | undefined>(1);
  #loading: Promise<void> | undefined;
  readonly #stop = new AbortController();

  constructor(readonly search: Search) {
    void this.more();
  }

  /** Whether there are more than are here. */
  get isCut(): boolean {
    return this.#next !== undefined;
  }

  more(): Promise<void> {
    return (this.#loading ??= this.#load().finally(() => (this.#loading = undefined)));
  }

  async #load(): Promise<void> {
    const page = this.#next;
    if (!page) return;
    try {
      const found = await find(this.search, page, this.#stop.signal);
      this.#next = found.next === page ? undefined : found.next;
      const photos = found.photos.map(fromAsset);
      if (this.list) this.list.add(photos);
      else {
        this.understood = found.understood;
        this.isDegraded = found.isDegraded;
        this.list = new FlatList(photos, () => this.more());
      }
    } catch (error) {
      if (isAbort(error) || this.#stop.signal.aborted) return;
      // What is here stays; the rest is asked for when it is scrolled to again.
      if (!this.list) this.problem = explain(error);
    } finally {
      this.isBusy = false;
    }
  }

  /** Brings as many as a timeline is made of. */
  async date(): Promise<void> {
    await this.#loading;
    for (let before = -1; this.list && this.isCut && this.list.photos.length < DATED_MAX && this.list.photos.length > before; ) {
      before = this.list.photos.length;
      await this.more();
    }
    if (this.list) this.dated = new DatedList(this.list);
  }

  close(): void {
    this.#stop.abort();
  }
}
