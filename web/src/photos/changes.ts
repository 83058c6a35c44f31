/** What happened to photos, told to every list that is on the screen: by this person's acts, or by the server. */
import type { Photo } from './photo';

export type Change =
  /** Facts of photos changed. `isExpected`: the server is only being told, and `saved` follows. */
  | { kind: 'update'; ids: string[]; change: Partial<Photo>; isExpected?: boolean }
  /** The server knows now what was expected: whoever has to ask it can. */
  | { kind: 'saved'; ids: string[] }
  /** They are gone for good. */
  | { kind: 'delete'; ids: string[] }
  /** Something came, or changed in a way that only the server knows. */
  | { kind: 'refresh' }
  /** Members of an album changed. */
  | { kind: 'album'; albumId: string }
  /** They have other tags. */
  | { kind: 'tags'; ids: string[] };

type Listener = (change: Change) => void;
const listeners = new Set<Listener>();

export function tell(change: Change): void {
  for (const listener of [...listeners]) listener(change);
}

/** Returns what ends the listening. */
export function listen(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
