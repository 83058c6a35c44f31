/** What the grid and the viewer show: photos in sections, some of which may not be loaded yet. */
import type { Photo } from './photo';

export interface Section {
  /** Stable: a month (`2024-05-01`) or a name of the list's own. */
  key: string;
  title: string;
  count: number;
  photos: Photo[] | undefined;
}

export interface PhotoList {
  readonly sections: readonly Section[];
  /** Days get a line each inside a section. */
  readonly hasDays: boolean;
  load(section: Section): Promise<void>;
  /** For lists that grow at their end. */
  more?: () => Promise<void>;
  /** Where a photo is, if it is loaded. */
  find(id: string): { section: Section; index: number; photo: Photo } | undefined;
}

/** The photo before (-1) or after (1) another, loading what is needed. */
export async function neighbour(list: PhotoList, id: string, step: 1 | -1): Promise<Photo | undefined> {
  const found = list.find(id);
  if (!found) return undefined;
  const inside = found.section.photos?.[found.index + step];
  if (inside) return inside;
  for (let at = list.sections.indexOf(found.section) + step; ; at += step) {
    const section = list.sections[at];
    if (!section) {
      if (step === 1 && list.more) {
        const before = countLoaded(list);
        await list.more();
        if (countLoaded(list) > before) return neighbour(list, id, step);
      }
      return undefined;
    }
    if (!section.photos) await list.load(section);
    const photo = list.sections[at]?.photos?.at(step === 1 ? 0 : -1);
    if (photo) return photo;
  }
}

/** All photos between two, both included, in the order of the list. */
export async function between(list: PhotoList, from: string, to: string): Promise<Photo[]> {
  const [one, other] = [list.find(from), list.find(to)];
  if (!one || !other) return [];
  const rank = (found: typeof one) => [list.sections.indexOf(found.section), found.index] as const;
  const [first, last] = [rank(one), rank(other)].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const photos: Photo[] = [];
  if (!first || !last) return photos;
  for (let at = first[0]; at <= last[0]; at += 1) {
    const section = list.sections[at];
    if (!section) break;
    if (!section.photos) await list.load(section);
    const all = list.sections[at]?.photos ?? [];
    photos.push(...all.slice(at === first[0] ? first[1] : 0, at === last[0] ? last[1] + 1 : undefined));
  }
  return photos;
}

function countLoaded(list: PhotoList): number {
  return list.sections.reduce((sum, section) => sum + (section.photos?.length ?? 0), 0);
}
