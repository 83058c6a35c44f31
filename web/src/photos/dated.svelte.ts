/** The photos of another list as a timeline: newest first, by months. */
import { formatMonth } from '../messages/dates';
import type { FlatList } from './flat.svelte';
import type { PhotoList, Section } from './list';
import type { Photo } from './photo';

const monthOf = (photo: Photo) => new Date(photo.takenAt).toISOString().slice(0, 7);

function byMonth(photos: readonly Photo[]): Section[] {
  const months = new Map<string, Photo[]>();
  for (const photo of [...photos].sort((a, b) => b.takenAt - a.takenAt)) {
    const month = monthOf(photo);
    months.set(month, [...(months.get(month) ?? []), photo]);
  }
  return [...months].map(([month, inside]) => ({ key: month, title: formatMonth(month), count: inside.length, photos: inside }));
}

export class DatedList implements PhotoList {
  readonly hasDays = true;
  readonly sections: readonly Section[] = $derived.by(() => byMonth(this.from.photos));

  constructor(readonly from: FlatList) {}

  load(): Promise<void> {
    return Promise.resolve();
  }

  find(id: string) {
    const known = this.from.find(id)?.photo;
    const section = known && this.sections.find(({ key }) => key === monthOf(known));
    const index = section?.photos?.findIndex((photo) => photo.id === id) ?? -1;
    const photo = section?.photos?.[index];
    return photo && section ? { section, index, photo } : undefined;
  }
}
