/**
 * The map's ground: countries from Natural Earth (public domain, packaged), as paths on a square of side 1 in the
 * projection that all web maps use.
 */
import { feature, mesh } from 'topojson-client';
import type { GeometryCollection, Topology } from 'topojson-specification';
import countries from 'world-atlas/countries-50m.json?url';

export interface World {
  land: Path2D;
  borders: Path2D;
  /** Countries, largest first, to be named where there is room. */
  names: { name: string; x: number; y: number; size: number }[];
}

export const LATITUDE_MAX = 85.0511;

export function project(longitude: number, latitude: number): [number, number] {
  const bounded = Math.max(-LATITUDE_MAX, Math.min(LATITUDE_MAX, latitude));
  const sine = Math.sin((bounded * Math.PI) / 180);
  return [longitude / 360 + 0.5, 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)];
}

export function unproject(x: number, y: number): [number, number] {
  return [(x - 0.5) * 360, (Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180) / Math.PI];
}

type Line = number[][];

/** A line across the edge of the map goes on beyond it, where the next copy of the world lies. */
function draw(path: Path2D, line: Line): void {
  let shift = 0;
  let before = line[0]?.[0] ?? 0;
  line.forEach(([longitude = 0, latitude = 0], at) => {
    // The shore of Antarctica does run along the edge, at the pole.
    if (Math.abs(longitude - before) > 180 && latitude > -LATITUDE_MAX) shift += longitude < before ? 1 : -1;
    before = longitude;
    const [x, y] = project(longitude + shift * 360, latitude);
    if (at === 0) path.moveTo(x, y);
    else path.lineTo(x, y);
  });
}

/** Where a country is named: the middle of its largest ring. */
function middle(rings: Line[]): { x: number; y: number; size: number } {
  let best = { x: 0, y: 0, size: 0 };
  for (const ring of rings) {
    const points = ring.map(([longitude = 0, latitude = 0]) => project(longitude, latitude));
    let [area, x, y] = [0, 0, 0];
    points.forEach(([ax, ay], at) => {
      const [bx, by] = points[(at + 1) % points.length] ?? [ax, ay];
      const cross = ax * by - bx * ay;
      area += cross;
      x += (ax + bx) * cross;
      y += (ay + by) * cross;
    });
    const size = Math.sqrt(Math.abs(area / 2));
    if (size > best.size) best = { x: x / (3 * area), y: y / (3 * area), size };
  }
  return best;
}

let loading: Promise<World> | undefined;

async function load(): Promise<World> {
  const response = await fetch(countries);
  if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
  const topology = (await response.json()) as Topology<{ countries: GeometryCollection<{ name: string }> }>;
  const { countries: shapes } = topology.objects;
  const world: World = { land: new Path2D(), borders: new Path2D(), names: [] };
  for (const { geometry, properties } of feature(topology, shapes).features) {
    const polygons = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.type === 'MultiPolygon' ? geometry.coordinates : [];
    for (const ring of polygons.flat()) {
      draw(world.land, ring);
      world.land.closePath();
    }
    if (polygons.length > 0) world.names.push({ name: properties.name, ...middle(polygons.flatMap((rings) => rings.slice(0, 1))) });
  }
  for (const line of mesh(topology, shapes, (one, other) => one !== other).coordinates) draw(world.borders, line);
  world.names.sort((a, b) => b.size - a.size);
  return world;
}

/** Loaded once; a failure is tried again the next time. */
export function world(): Promise<World> {
  loading ??= load().catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}
