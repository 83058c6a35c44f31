/** Rows of equal height that fill the width, photos uncut; days lie beside each other while they fit. */
import type { Photo } from './photo';

export interface Measure {
  width: number;
  rowHeight: number;
  gap: number;
  /** Height of the line that names a day; 0 without days. */
  dayHeight: number;
}

export interface Day {
  /** Days since 1970. */
  day: number;
  first: number;
  count: number;
  x: number;
  y: number;
  width: number;
}

export interface SectionLayout {
  height: number;
  days: Day[];
  /** Four numbers a photo: x, y, width, height. */
  boxes: Float32Array;
}

const DAY_GAP = 24;
const DAY_MS = 86_400_000;

const shown = (ratio: number) => Math.min(Math.max(ratio, 0.45), 3.2);

export function layout(photos: readonly Photo[], measure: Measure, hasDays: boolean): SectionLayout {
  const boxes = new Float32Array(photos.length * 4);
  const days: Day[] = [];
  let line = { x: 0, y: 0, height: 0 };
  for (let first = 0; first < photos.length; ) {
    const day = hasDays ? Math.floor((photos[first]?.takenAt ?? 0) / DAY_MS) : 0;
    let end = first + 1;
    while (end < photos.length && (!hasDays || Math.floor((photos[end]?.takenAt ?? 0) / DAY_MS) === day)) end += 1;
    const size = rows(photos, first, end, measure, boxes);
    const fits = line.x > 0 && line.x + DAY_GAP + size.width <= measure.width;
    if (!fits && line.height > 0) line = { x: 0, y: line.y + line.height + (hasDays ? measure.gap * 3 : 0), height: 0 };
    const x = fits ? line.x + DAY_GAP : 0;
    for (let at = first; at < end; at += 1) {
      boxes[at * 4] = (boxes[at * 4] ?? 0) + x;
      boxes[at * 4 + 1] = (boxes[at * 4 + 1] ?? 0) + line.y + measure.dayHeight;
    }
    days.push({ day, first, count: end - first, x, y: line.y, width: size.width });
    line = { x: x + size.width, y: line.y, height: Math.max(line.height, size.height + measure.dayHeight) };
    first = end;
  }
  return { height: line.y + line.height, days, boxes };
}

/** Places photos from `first` to `end` as if nothing else were there. */
function rows(photos: readonly Photo[], first: number, end: number, measure: Measure, boxes: Float32Array): { width: number; height: number } {
  const { width, rowHeight, gap } = measure;
  let y = 0;
  let widest = 0;
  for (let start = first; start < end; ) {
    let ratios = 0;
    let stop = start;
    // A row takes photos until it is full; it may then be a little lower than wanted, or lack the last if that is closer.
    while (stop < end && ratios * rowHeight + (stop - start - 1) * gap < width) {
      ratios += shown(photos[stop]?.ratio ?? 1);
      stop += 1;
    }
    const isFull = ratios * rowHeight + (stop - start - 1) * gap >= width;
    const fitted = (count: number, sum: number) => (width - (count - 1) * gap) / sum;
    let height = isFull ? fitted(stop - start, ratios) : rowHeight;
    if (isFull && stop - start > 1) {
      const without = ratios - shown(photos[stop - 1]?.ratio ?? 1);
      const taller = fitted(stop - start - 1, without);
      if (taller - rowHeight < rowHeight - height && taller < rowHeight * 1.3) {
        stop -= 1;
        height = taller;
      }
    }
    let x = 0;
    for (let at = start; at < stop; at += 1) {
      const breadth = shown(photos[at]?.ratio ?? 1) * height;
      boxes.set([x, y, breadth, height], at * 4);
      x += breadth + gap;
    }
    widest = Math.max(widest, x - gap);
    y += height + gap;
    start = stop;
  }
  return { width: Math.min(widest, width), height: y - gap };
}

/** How high a section will about be before its photos are known. */
export function estimate(count: number, measure: Measure, hasDays: boolean): number {
  const perRow = Math.max(1, measure.width / (measure.rowHeight * 1.25 + measure.gap));
  const rowCount = Math.ceil((count / perRow) * 1.05);
  const dayLines = hasDays ? Math.min(rowCount, Math.ceil(count / 12), 31) : 0;
  return rowCount * (measure.rowHeight + measure.gap) + dayLines * (measure.dayHeight + measure.gap * 3);
}
