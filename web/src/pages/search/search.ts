/** A search as the address says it, and its way to the server. */
import { api } from '../../api/client';
import { ApiError } from '../../api/errors';
import type { AssetResponseDto, SmartSearchDto } from '../../api/schema';

export interface Filters {
  type?: 'IMAGE' | 'VIDEO';
  isFavorite?: boolean;
  isNotInAlbum?: boolean;
  personIds?: string[];
  tagIds?: string[];
  albumIds?: string[];
  city?: string;
  make?: string;
  model?: string;
  takenAfter?: string;
  takenBefore?: string;
}

export interface Search {
  text: string;
  /** Photos like this one. */
  like?: string;
  /** What the person took out of how the question was understood. */
  ignore: string[];
  filters: Filters;
}

/** Something that the server understood of a question. */
export interface Part {
  kind: string;
  text: string;
  value: string;
}

export interface Found {
  photos: AssetResponseDto[];
  next?: number;
  understood: Part[];
  /** Only what can be read was searched: no model could say what the question means. */
  isDegraded: boolean;
}

const TEXTS = ['type', 'city', 'make', 'model', 'takenAfter', 'takenBefore'] as const;
const FLAGS = ['isFavorite', 'isNotInAlbum'] as const;
/** Several of each, by the word that stands for one in the address. */
const LISTS = { person: 'personIds', tag: 'tagIds', album: 'albumIds' } as const;

export function fromQuery(query: URLSearchParams): Search {
  const filters: Record<string, unknown> = {};
  for (const name of TEXTS) if (query.get(name)) filters[name] = query.get(name);
  for (const name of FLAGS) if (query.get(name)) filters[name] = query.get(name) === 'true';
  for (const [word, name] of Object.entries(LISTS)) if (query.has(word)) filters[name] = query.getAll(word);
  return { text: query.get('q') ?? '', like: query.get('like') ?? undefined, ignore: query.getAll('ignore'), filters };
}

export function toAddress({ text, like, ignore, filters }: Search): string {
  const query = new URLSearchParams();
  if (text) query.set('q', text);
  if (like) query.set('like', like);
  for (const part of ignore) query.append('ignore', part);
  for (const name of [...TEXTS, ...FLAGS]) if (filters[name] !== undefined) query.set(name, String(filters[name]));
  for (const [word, name] of Object.entries(LISTS)) for (const id of filters[name] ?? []) query.append(word, id);
  const asked = query.toString();
  return `/search${asked && `?${asked}`}`;
}

export function isEmpty({ text, like, filters }: Search): boolean {
  return !text && !like && Object.values(filters).every((value) => value === undefined || (Array.isArray(value) && value.length === 0));
}

/** The whole days from one to another, as the server wants them. */
function body({ takenAfter, takenBefore, ...filters }: Filters) {
  return {
    ...filters,
    ...(takenAfter ? { takenAfter: `${takenAfter}T00:00:00.000Z` } : {}),
    ...(takenBefore ? { takenBefore: `${takenBefore}T23:59:59.999Z` } : {}),
    withExif: true,
  };
}

export async function find(search: Search, page: number, signal: AbortSignal): Promise<Found> {
  if (!search.text && !search.like) return byFacts({}, search, page, signal);
  const asked: SmartSearchDto & { ignore?: string[] } = { ...body(search.filters), page, size: 100 };
  if (search.text) asked.query = search.text;
  if (search.like) asked.queryAssetId = search.like;
  if (search.ignore.length > 0) asked.ignore = search.ignore;
  try {
    const answer = await api.post('/search/smart', { body: asked, signal });
    const { interpretation = [], isDegraded = false } = answer as unknown as { interpretation?: Part[]; isDegraded?: boolean };
    return { photos: answer.assets.items, next: Number(answer.assets.nextPage) || undefined, understood: interpretation, isDegraded };
  } catch (error) {
    // A server without models still knows names, descriptions and places.
    if (!(error instanceof ApiError && error.status === 501) || search.like) throw error;
    return byWords(search, page, signal);
  }
}

async function byFacts(more: { originalFileName?: string; description?: string; city?: string }, search: Search, page: number, signal: AbortSignal): Promise<Found> {
  const { assets } = await api.post('/search/metadata', { body: { ...body(search.filters), ...more, order: 'desc', page, size: 100 }, signal });
  return { photos: assets.items, next: Number(assets.nextPage) || undefined, understood: [], isDegraded: false };
}

async function byWords(search: Search, page: number, signal: AbortSignal): Promise<Found> {
  const { text } = search;
  const answers = await Promise.all([{ description: text }, { originalFileName: text }, { city: text }].map((more) => byFacts(more, search, page, signal)));
  const photos = new Map(answers.flatMap((answer) => answer.photos.map((photo) => [photo.id, photo])));
  const next = answers.find((answer) => answer.next)?.next;
  return { photos: [...photos.values()], next, understood: [], isDegraded: true };
}
