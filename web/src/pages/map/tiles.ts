/** Pictures of the ground from the tile server that is configured, by way of ours: 256 pixels, in Web Mercator. */
import { address, own } from '../../api/client';

export interface TileFacts {
  enabled: boolean;
  /** Whose pictures they are, to be said on the map. */
  attribution: string;
  maxZoom: number;
}

const NONE: TileFacts = { enabled: false, attribution: '', maxZoom: 0 };
/** Asked for at one time; the nearest to the middle first. */
const PARALLEL = 8;
/** Kept in memory: some screens full. */
const KEPT = 300;
/** How far up a picture is looked for that stands in, greatly enlarged, until the right one is there. */
const STAND_INS = 5;

let facts: Promise<TileFacts> | undefined;

/** Without an answer there are no tiles, and the map is the one that is packaged. */
export function tileFacts(): Promise<TileFacts> {
  facts ??= own.get<TileFacts>('/map/tiles').catch(() => {
    facts = undefined;
    return NONE;
  });
  return facts;
}

/** What part of the world is to be drawn, in its own units (it is a square of side 1). */
export interface Sight {
  left: number;
  top: number;
  right: number;
  bottom: number;
  zoom: number;
  appearance: 'light' | 'dark';
}

interface Tile {
  image: HTMLImageElement;
  state: 'coming' | 'here' | 'failed';
}

interface Spot {
  z: number;
  x: number;
  y: number;
}

export class Tiles {
  readonly #facts: TileFacts;
  readonly #ondone: () => void;
  /** The one that was used last is the last. */
  readonly #tiles = new Map<string, Tile>();

  constructor(facts: TileFacts, ondone: () => void) {
    this.#facts = facts;
    this.#ondone = ondone;
  }

  /** Draws what is there, where `place` says, and asks for what is not. Tells which of the spots are covered. */
  draw(context: CanvasRenderingContext2D, sight: Sight, place: (x: number, y: number) => [number, number]): (x: number, y: number) => boolean {
    const z = Math.max(0, Math.min(this.#facts.maxZoom, Math.round(sight.zoom)));
    const side = 2 ** z;
    const spots: Spot[] = [];
    for (let y = Math.max(0, Math.floor(sight.top * side)); y <= Math.min(side - 1, Math.floor(sight.bottom * side)); y += 1) {
      for (let x = Math.floor(sight.left * side); x <= Math.floor(sight.right * side); x += 1) spots.push({ z, x, y });
    }
    const middle = { x: ((sight.left + sight.right) / 2) * side - 0.5, y: ((sight.top + sight.bottom) / 2) * side - 0.5 };
    spots.sort((a, b) => Math.hypot(a.x - middle.x, a.y - middle.y) - Math.hypot(b.x - middle.x, b.y - middle.y));
    const covered = new Set<string>();
    for (const spot of spots) if (this.#paint(context, spot, sight.appearance, place)) covered.add(`${spot.x} ${spot.y}`);
    this.#ask(spots, sight.appearance);
    return (x, y) => covered.has(`${Math.floor(x * side)} ${Math.floor(y * side)}`);
  }

  close(): void {
    for (const { image } of this.#tiles.values()) image.onload = image.onerror = null;
    this.#tiles.clear();
  }

  #paint(context: CanvasRenderingContext2D, spot: Spot, appearance: string, place: (x: number, y: number) => [number, number]): boolean {
    for (let up = 0; up <= Math.min(STAND_INS, spot.z); up += 1) {
      const from = { z: spot.z - up, x: spot.x >> up, y: spot.y >> up };
      const tile = this.#tiles.get(name(from, appearance));
      if (tile?.state !== 'here') continue;
      const { naturalWidth: width, naturalHeight: height } = tile.image;
      const parts = 2 ** up;
      const [left, top] = place(spot.x / 2 ** spot.z, spot.y / 2 ** spot.z);
      const [right, bottom] = place((spot.x + 1) / 2 ** spot.z, (spot.y + 1) / 2 ** spot.z);
      // On whole pixels, so that no seams show.
      const [x, y] = [Math.round(left), Math.round(top)];
      const [column, row] = [spot.x - from.x * parts, spot.y - from.y * parts];
      const [wide, high] = [width / parts, height / parts];
      context.drawImage(tile.image, column * wide, row * high, wide, high, x, y, Math.round(right) - x, Math.round(bottom) - y);
      return true;
    }
    return false;
  }

  #ask(spots: Spot[], appearance: string): void {
    const wanted = new Map(spots.map((spot) => [name(spot, appearance), spot]));
    for (const [key, tile] of this.#tiles) {
      // What left the sight before it came is not waited for.
      if (tile.state === 'coming' && !wanted.has(key)) this.#drop(key, tile);
    }
    let coming = [...this.#tiles.values()].filter((tile) => tile.state === 'coming').length;
    for (const key of wanted.keys()) {
      const known = this.#tiles.get(key);
      if (known) {
        this.#tiles.delete(key);
        this.#tiles.set(key, known);
      } else if (coming < PARALLEL) {
        coming += 1;
        this.#fetch(key);
      }
    }
    for (const [key, tile] of this.#tiles) {
      if (this.#tiles.size <= KEPT) break;
      if (!wanted.has(key)) this.#drop(key, tile);
    }
  }

  #fetch(key: string): void {
    const tile: Tile = { image: new Image(), state: 'coming' };
    this.#tiles.set(key, tile);
    const end = (state: Tile['state']) => () => {
      tile.state = state;
      this.#ondone();
    };
    tile.image.onload = end('here');
    tile.image.onerror = end('failed');
    tile.image.src = address(`/map/tiles/${key}`);
  }

  #drop(key: string, { image }: Tile): void {
    image.onload = image.onerror = null;
    image.src = '';
    this.#tiles.delete(key);
  }
}

/** The world goes on beyond its edge. */
function name({ z, x, y }: Spot, appearance: string): string {
  const side = 2 ** z;
  return `${appearance}/${z}/${((x % side) + side) % side}/${y}`;
}
