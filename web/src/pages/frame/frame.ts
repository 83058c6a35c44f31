/** Picture frames, as the server speaks of them (`/api/frames`, which is its own). */
import { formatDate } from '../../messages/format';

export const SHOWS = ['album', 'person', 'memories', 'favorites', 'recent'] as const;
export type Shows = (typeof SHOWS)[number];

/** A frame of the person who is signed in. */
export interface Frame {
  id: string;
  name: string;
  shows: Shows;
  albumId: string | null;
  personId: string | null;
  /** The name of the album or person; null once it is gone. */
  subject: string | null;
  createdAt: string;
  seenAt: string | null;
}

/** What a screen keeps: the token that is all it has, and until it is paired the code that it shows. */
export interface Pairing {
  token: string;
  code: string;
  expiresAt: string;
}

export interface FramePhoto {
  id: string;
  takenAt: string;
  city: string | null;
  country: string | null;
  description: string | null;
}

/** What a screen is told to show. */
export interface Screen {
  isWaiting: boolean;
  name: string | null;
  shows: Shows | null;
  photos: FramePhoto[];
}

/** A photo of a slideshow; its image is fetched when its turn is near. */
export interface Picture {
  id: string;
  /** What somebody wrote of it; may be empty. */
  words: string;
  /** When and where it was taken. */
  taken: string;
  fetch: () => Promise<string>;
}

/** A long description would cover the photo. */
const WORDS_MAX = 160;

export function caption(photo: { takenAt: number | string; city: string | null; country: string | null; description?: string | null }): Pick<Picture, 'words' | 'taken'> {
  const first = photo.description?.split('\n', 1)[0]?.trim() ?? '';
  const words = first.length > WORDS_MAX ? `${first.slice(0, WORDS_MAX - 1).trimEnd()}…` : first;
  const day = formatDate(new Date(photo.takenAt), { day: 'numeric', month: 'long', year: 'numeric' });
  return { words, taken: [day, photo.city ?? photo.country].filter(Boolean).join(' · ') };
}

export function shuffled<T>(list: T[]): T[] {
  const mixed = [...list];
  for (let end = mixed.length - 1; end > 0; end -= 1) {
    const other = Math.floor(Math.random() * (end + 1));
    const [one, two] = [mixed[end], mixed[other]];
    if (one !== undefined && two !== undefined) [mixed[end], mixed[other]] = [two, one];
  }
  return mixed;
}
