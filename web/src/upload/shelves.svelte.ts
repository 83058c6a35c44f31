/** The files of the queue by their state. What is asked of them walks through no more than the few that are shown. */
export type UploadState = 'waiting' | 'checking' | 'sending' | 'done' | 'duplicate' | 'failed' | 'missing';

export class UploadItem {
  state = $state<UploadState>('waiting');
  sent = $state(0);
  problem = $state('');
  assetId = $state<string>();
  /** The one that is there already lies in the trash. */
  isTrashed = $state(false);
  url: string | undefined;
  /** How it came into the library; it may still have to go into its album. */
  arrival: 'done' | 'duplicate' | undefined;
  /** Ends what is being done for it. */
  stopping: AbortController | undefined;

  constructor(
    readonly id: string,
    readonly name: string,
    readonly size: number,
    readonly modified: number,
    public file: File | undefined,
    readonly albumId: string | undefined,
  ) {}

  get isOver(): boolean {
    return this.state === 'done' || this.state === 'duplicate';
  }
}

/** Failures first, then what runs. */
const ORDER: UploadState[] = ['failed', 'missing', 'sending', 'checking', 'waiting', 'duplicate', 'done'];

const markOf = (name: string, size: number, modified: number) => `${modified}/${size}/${name}`;

export class Shelves {
  /** In the order in which they came to their state. */
  readonly #shelves = new Map<UploadState, Set<UploadItem>>(ORDER.map((state) => [state, new Set()]));
  readonly #byFile = new Map<string, UploadItem>();
  readonly #ids = new Set<string>();
  #version = $state(0);
  bytes = $state(0);
  sent = $state(0);

  add(item: UploadItem, state: UploadState = 'waiting'): void {
    this.#ids.add(item.id);
    this.#byFile.set(markOf(item.name, item.size, item.modified), item);
    this.bytes += item.size;
    item.state = state;
    this.#of(state).add(item);
    this.#version += 1;
  }

  remove(item: UploadItem): void {
    const mark = markOf(item.name, item.size, item.modified);
    if (this.#byFile.get(mark) === item) this.#byFile.delete(mark);
    this.#ids.delete(item.id);
    this.#of(item.state).delete(item);
    this.bytes -= item.size;
    this.sent -= item.sent;
    this.#version += 1;
  }

  move(item: UploadItem, state: UploadState): void {
    this.#of(item.state).delete(item);
    item.state = state;
    this.#of(state).add(item);
    this.#version += 1;
  }

  /** Back to where the queue takes the next one from. */
  moveToFront(item: UploadItem): void {
    this.#of(item.state).delete(item);
    item.state = 'waiting';
    this.#shelves.set('waiting', new Set([item, ...this.#of('waiting')]));
    this.#version += 1;
  }

  note(item: UploadItem, sent: number): void {
    this.sent += sent - item.sent;
    item.sent = sent;
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  find(file: File): UploadItem | undefined {
    return this.#byFile.get(markOf(file.name, file.size, file.lastModified));
  }

  in(...states: UploadState[]): UploadItem[] {
    return states.flatMap((state) => [...this.#of(state)]);
  }

  count(...states: UploadState[]): number {
    return this.#version >= 0 ? states.reduce((sum, state) => sum + this.#of(state).size, 0) : 0;
  }

  first(state: UploadState): UploadItem | undefined {
    return this.#of(state).values().next().value;
  }

  /** Of a long list only so much that the page stays quick. */
  top(count: number): UploadItem[] {
    const shown: UploadItem[] = [];
    for (const state of this.#version >= 0 ? ORDER : []) {
      for (const item of this.#of(state)) {
        if (shown.length === count) return shown;
        shown.push(item);
      }
    }
    return shown;
  }

  #of(state: UploadState): Set<UploadItem> {
    return this.#shelves.get(state) as Set<UploadItem>;
  }
}
