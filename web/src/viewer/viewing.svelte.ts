/** Which photo is open, over whichever list. The address says it (`?photo=…`), so that links and "back" work. */
import { router } from '../app/router.svelte';
import type { PhotoList } from '../photos/list';

export interface Source {
  list: PhotoList;
  /** Where the photo is drawn now, brought into sight. */
  rectOf: (id: string) => DOMRect | undefined;
  /** Gives the focus back to the photo's place in the list. */
  focus: (id: string) => void;
}

class Viewing {
  source = $state.raw<Source | undefined>();
  /** The photo whose place in the list is empty while it flies. */
  hidden = $state<string>();
  /** Where the photo flies from. */
  origin: DOMRect | undefined;
  /** The shared album whose photos are looked at: they can be talked about. */
  album = $state.raw<{ id: string; isOwner: boolean }>();
  /** What public pages allow their visitors. */
  rules = $state.raw<{ isVisitor: boolean; canDownload: boolean; showsMetadata: boolean }>({ isVisitor: false, canDownload: true, showsMetadata: true });
  #opened = false;

  get id(): string | undefined {
    return router.place.query.get('photo') ?? undefined;
  }

  /** A list offers itself while it is shown. */
  offer(source: Source): () => void {
    this.source = source;
    return () => {
      if (this.source === source) this.source = undefined;
    };
  }

  open(id: string): void {
    this.origin = this.source?.rectOf(id);
    this.#opened = true;
    router.setQuery({ photo: id });
  }

  show(id: string): void {
    router.setQuery({ photo: id }, { replace: true });
  }

  close(): void {
    if (this.#opened) history.back();
    else router.setQuery({ photo: null }, { replace: true });
    this.#opened = false;
  }
}

export const viewing = new Viewing();
