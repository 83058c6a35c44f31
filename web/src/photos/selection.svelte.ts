import { SvelteMap } from 'svelte/reactivity';
import { between, type PhotoList } from './list';
import type { Photo } from './photo';

/** The photos a person has picked in a list. */
export class Selection {
  readonly chosen = new SvelteMap<string, Photo>();
  /** Where a range begins. */
  #anchor: string | undefined;
  #base = new Map<string, Photo>();
  #asked = 0;

  get count(): number {
    return this.chosen.size;
  }

  get isActive(): boolean {
    return this.chosen.size > 0;
  }

  get photos(): Photo[] {
    return [...this.chosen.values()];
  }

  get ids(): string[] {
    return [...this.chosen.keys()];
  }

  has(id: string): boolean {
    return this.chosen.has(id);
  }

  toggle(photo: Photo): void {
    if (!this.chosen.delete(photo.id)) this.chosen.set(photo.id, photo);
    this.#anchor = photo.id;
    this.#base = new Map(this.chosen);
  }

  setAll(photos: Photo[], isOn: boolean): void {
    for (const photo of photos) {
      if (isOn) this.chosen.set(photo.id, photo);
      else this.chosen.delete(photo.id);
    }
    this.#base = new Map(this.chosen);
    this.#anchor = photos[0]?.id;
  }

  /** Extends from where the last single choice was; a smaller range afterwards gives back what it no longer covers. */
  async extend(list: PhotoList, photo: Photo): Promise<void> {
    if (!this.#anchor) {
      this.toggle(photo);
      return;
    }
    const asked = ++this.#asked;
    const range = await between(list, this.#anchor, photo.id);
    if (asked !== this.#asked) return;
    const wanted = new Map(this.#base);
    for (const one of range) wanted.set(one.id, one);
    for (const id of [...this.chosen.keys()]) if (!wanted.has(id)) this.chosen.delete(id);
    for (const [id, one] of wanted) if (!this.chosen.has(id)) this.chosen.set(id, one);
  }

  clear(): void {
    this.chosen.clear();
    this.#base.clear();
    this.#anchor = undefined;
  }
}
