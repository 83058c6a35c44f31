/**
 * The one way to the server. Types come from the contract (`schema.d.ts`, generated), so a call that does not exist or a
 * body that does not fit is a compile error:
 *
 *     const album = await api.get('/albums/{id}', { path: { id } });
 */
import type { paths } from './schema';
import { ApiError, isAway } from './errors';
import { connection } from './connection.svelte';
import { pause } from './waiting';

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';
type PathsOf<M extends Method> = {
  [P in keyof paths]: paths[P] extends Record<M, infer Operation> ? (Operation extends undefined ? never : P) : never;
}[keyof paths];
type Operation<M extends Method, P extends keyof paths> = paths[P] extends Record<M, infer Found> ? Found : never;

type Parameters<O, In extends 'path' | 'query'> = O extends { parameters: infer All }
  ? In extends keyof All
    ? NonNullable<All[In]>
    : never
  : never;
type BodyOf<O> = O extends { requestBody?: infer Body }
  ? NonNullable<Body> extends { content: { 'application/json': infer Json } }
    ? Json
    : never
  : never;
type Answer<O> = O extends { responses: infer Responses }
  ? Success<Responses> extends { content: { 'application/json': infer Json } }
    ? Json
    : undefined
  : never;
type Success<R> = 200 extends keyof R ? R[200] : 201 extends keyof R ? R[201] : 204 extends keyof R ? R[204] : never;

type Part<Key extends string, Value> = [Value] extends [never]
  ? unknown
  : Record<string, never> extends Value
    ? { [K in Key]?: Value }
    : { [K in Key]: Value };
export type Options<O> = Part<'path', Parameters<O, 'path'>> &
  Part<'query', Parameters<O, 'query'>> &
  Part<'body', BodyOf<O>> & { signal?: AbortSignal; headers?: Record<string, string> };
type Given<O> = Record<string, never> extends Options<O> ? [options?: Options<O>] : [options: Options<O>];

interface Loose {
  path?: Record<string, unknown>;
  query?: Record<string, unknown>;
  body?: unknown;
  signal?: AbortSignal;
  headers?: Record<string, string>;
}

/** A shared link's key or slug, sent with every request while a public page is shown. */
let visitor: { key?: string; slug?: string } | undefined;

/** Told when the link was refused: it may have ended while it was open. */
let refused: () => void = () => undefined;

/** Asked when the session has ended; resolves to whether there is a new one and the request is worth repeating. */
let renew: () => Promise<boolean> = () => Promise.resolve(false);

export function onSessionEnd(handler: () => Promise<boolean>): void {
  renew = handler;
}

export function visitAs(link: { key?: string; slug?: string } | undefined, onrefused: () => void = () => undefined): void {
  visitor = link;
  refused = onrefused;
}

/** `/api/assets/…?…`; what a public page needs to be let in is added. */
export function address(path: string, query: Record<string, unknown> = {}): string {
  // Put together by hand: each photo of a list has an address, and `URLSearchParams` takes five times as long.
  let text = '';
  for (const all of [query, visitor ?? {}]) {
    for (const [key, value] of Object.entries(all)) {
      for (const one of Array.isArray(value) ? value : [value]) {
        if (one !== undefined && one !== null) text += `${text ? '&' : '?'}${key}=${encodeURIComponent(String(one))}`;
      }
    }
  }
  return `/api${path}${text}`;
}

function fill(path: string, values: Record<string, unknown> = {}): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(values[name])));
}

async function request(method: Method, path: string, options: Loose = {}): Promise<unknown> {
  const target = address(fill(path, options.path), options.query);
  const headers: Record<string, string> = { accept: 'application/json', ...options.headers };
  if (options.body !== undefined) headers['content-type'] = 'application/json';
  const init: RequestInit = { method: method.toUpperCase(), headers };
  if (options.body !== undefined) init.body = JSON.stringify(options.body);
  if (options.signal) init.signal = options.signal;
  const response = await send(target, init);
  if (response.status === 204) return undefined;
  const isJson = response.headers.get('content-type')?.includes('json') ?? false;
  return isJson ? response.json() : response.text();
}

/** Sends a request; a lost server is waited for when repeating the request does no harm, an ended session is renewed. */
export async function send(target: string, init: RequestInit = {}): Promise<Response> {
  const isSafe = !init.method || init.method === 'GET' || init.method === 'HEAD';
  for (;;) {
    let response: Response;
    try {
      response = await fetch(target, init);
    } catch (error) {
      if (init.signal?.aborted) throw error;
      connection.lose();
      if (!isSafe) throw new ApiError(0, 'unreachable');
      await connection.restored(init.signal ?? undefined);
      continue;
    }
    if (response.status === 503) void connection.look();
    if ([502, 503, 504].includes(response.status) && isSafe) {
      connection.lose();
      await connection.restored(init.signal ?? undefined);
      continue;
    }
    if (response.ok) return response;
    const error = await ApiError.from(response);
    // What is asked without the cookies has nothing to do with the session.
    const isOurs = init.credentials !== 'omit' && !visitor && !target.startsWith('/api/auth/');
    const isOver = response.status === 401 && !error.needsPin && isOurs;
    if (isOver && (await renew())) continue;
    if (visitor && error.status === 401 && !target.startsWith('/api/shared-links/')) refused();
    throw error;
  }
}

/** A server that says it is there, and fails at this again and again: some five minutes. */
const TRIES = 30;

/** For what must not be repeated unseen, and may be here: a server that is away is waited for, however long. */
export async function patiently<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (!isAway(error) || tries === TRIES) throw error;
      connection.lose();
      await connection.restored(signal);
      await pause(Math.min(tries - 1, 15) * 1000, signal);
    }
  }
}

type Call<M extends Method> = <P extends PathsOf<M>>(path: P, ...options: Given<Operation<M, P>>) => Promise<Answer<Operation<M, P>>>;

function caller<M extends Method>(method: M): Call<M> {
  return ((path: string, options?: Loose) => request(method, path, options)) as Call<M>;
}

export const api = {
  get: caller('get'),
  post: caller('post'),
  put: caller('put'),
  patch: caller('patch'),
  delete: caller('delete'),
};

type OwnCall = <Answer>(path: string, options?: Loose) => Promise<Answer>;
const ownCaller = (method: Method) => ((path, options) => request(method, path, options)) as OwnCall;

/** What this server does beyond the contract: whoever calls says what comes back. */
export const own = {
  get: ownCaller('get'),
  post: ownCaller('post'),
  put: ownCaller('put'),
  delete: ownCaller('delete'),
};
