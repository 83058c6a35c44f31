/** Where sections and photos of a grid are, in pixels from the beginning of the list. */
import type { SectionLayout } from './layout';
import type { PhotoList, Section } from './list';
import type { Photo } from './photo';

export interface Placed {
  section: Section;
  top: number;
  titleHeight: number;
  /** With the title. */
  height: number;
  /** Once its photos are known. */
  layout: SectionLayout | undefined;
}

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface PhotoBox extends Box {
  photo: Photo;
}

/** Of the photo at an index of a section; `y` counts from below the title. */
function boxAt({ boxes }: SectionLayout, at: number): Box {
  return { x: boxes[at * 4] ?? 0, y: boxes[at * 4 + 1] ?? 0, width: boxes[at * 4 + 2] ?? 0, height: boxes[at * 4 + 3] ?? 0 };
}

/** The photos of a section that lie between two heights of the list, and one more if it is there. */
export function boxesBetween(one: Placed, from: number, to: number, also: string | undefined): PhotoBox[] {
  const { layout, section } = one;
  if (!layout || !section.photos) return [];
  const start = one.top + one.titleHeight;
  const found: PhotoBox[] = [];
  for (let at = 0; at < section.photos.length; at += 1) {
    const photo = section.photos[at];
    const y = start + (layout.boxes[at * 4 + 1] ?? 0);
    const isOutside = y > to || y + (layout.boxes[at * 4 + 3] ?? 0) < from;
    if (!photo || (isOutside && photo.id !== also)) continue;
    found.push({ photo, ...boxAt(layout, at) });
  }
  return found;
}

export function boxOf(one: Placed, id: string): Box | undefined {
  const at = one.section.photos?.findIndex((photo) => photo.id === id) ?? -1;
  return at < 0 || !one.layout ? undefined : boxAt(one.layout, at);
}

/** The photo that lies at a height of a section, below its title: its id and how far into it that is. */
export function photoAt(one: Placed, y: number): { id: string | undefined; offset: number } | undefined {
  const { layout, section } = one;
  if (!layout || !section.photos || y < 0) return undefined;
  for (let at = 0; at < section.photos.length; at += 1) {
    const box = boxAt(layout, at);
    if (box.y + box.height > y) return { id: section.photos[at]?.id, offset: y - box.y };
  }
  return undefined;
}

/** The photo beside another one, across the borders of sections that are loaded. */
export function beside(list: PhotoList, id: string, by: 1 | -1): Photo | undefined {
  const start = list.find(id);
  if (!start) return undefined;
  const at = list.sections.indexOf(start.section);
  return start.section.photos?.[start.index + by] ?? list.sections[at + by]?.photos?.at(by === 1 ? 0 : -1);
}

/** Of the photos from a place on that are loaded, the first that is left; else the last before it. */
export function nextLeft(sections: readonly Section[], section: number, index: number, isLeft: (photo: Photo) => boolean): Photo | undefined {
  const photosOf = (some: readonly Section[]) => some.flatMap(({ photos }) => photos ?? []);
  const after = photosOf(sections.slice(section)).slice(index);
  const before = () => [...photosOf(sections.slice(0, section)), ...(sections[section]?.photos?.slice(0, index) ?? [])];
  return after.find(isLeft) ?? before().findLast(isLeft);
}

/** The photo above or below another one: in the nearest row, the one whose middle is nearest. */
export function beyond(placed: readonly Placed[], sectionKey: string, id: string, isDown: boolean): Photo | undefined {
  const first = placed.findIndex((one) => one.section.key === sectionKey);
  const from = placed[first] && boxOf(placed[first], id);
  if (!from) return undefined;
  for (let at = first; placed[at]; at += isDown ? 1 : -1) {
    const found = nearest(placed[at]!, from, isDown, at === first);
    if (found) return found;
  }
  return undefined;
}

function nearest({ section, layout }: Placed, from: Box, isDown: boolean, isSame: boolean): Photo | undefined {
  const middle = from.x + from.width / 2;
  let best: { photo: Photo; y: number; distance: number } | undefined;
  for (const [at, photo] of (layout ? (section.photos ?? []) : []).entries()) {
    const box = boxAt(layout!, at);
    if (isSame && (isDown ? box.y <= from.y + 1 : box.y >= from.y - 1)) continue;
    const distance = Math.abs(box.x + box.width / 2 - middle);
    const isCloser = !best || (isDown ? box.y < best.y - 1 : box.y > best.y + 1) || (Math.abs(box.y - best.y) <= 1 && distance < best.distance);
    if (isCloser) best = { photo, y: box.y, distance };
  }
  return best?.photo;
}
