/** A list in an order of its own: results of a search, the photos of a shared link. */
import { listen, type Change } from './changes';
import type { PhotoList, Section } from './list';
import type { Photo } from './photo';

export class FlatList implements PhotoList {
  #photos = $state.raw<Photo[]>([]);
  readonly hasDays = false;
  readonly sections: readonly Section[] = $derived([{ key: 'all', title: '', count: this.#photos.length, photos: this.#photos }]);
  readonly #places = $derived(new Map(this.#photos.map((photo, index) => [photo.id, index])));

  constructor(
    photos: Photo[] = [],
    readonly more?: () => Promise<void>,
    readonly accepts: (photo: Photo) => boolean = (photo) => !photo.isTrashed,
  ) {
    this.#photos = photos;
  }

  get photos(): readonly Photo[] {
    return this.#photos;
  }

  set(photos: Photo[]): void {
    this.#photos = photos;
  }

  add(photos: Photo[]): void {
    const known = this.#places;
    this.#photos = [...this.#photos, ...photos.filter((photo) => !known.has(photo.id))];
  }

  load(): Promise<void> {
    return Promise.resolve();
  }

  find(id: string) {
    const index = this.#places.get(id);
    const section = this.sections[0];
    const photo = index === undefined ? undefined : this.#photos[index];
    return index === undefined || !section || !photo ? undefined : { section, index, photo };
  }

  /** Follows changes while it is shown; returns what ends that. */
  open(): () => void {
    return listen((change) => this.#follow(change));
  }

  #follow(change: Change): void {
    if (change.kind !== 'update' && change.kind !== 'delete') return;
    const ids = new Set(change.ids);
    this.#photos = this.#photos.flatMap((photo) => {
      if (!ids.has(photo.id)) return [photo];
      if (change.kind === 'delete') return [];
      const changed = { ...photo, ...change.change };
      return this.accepts(changed) ? [changed] : [];
    });
  }
}
