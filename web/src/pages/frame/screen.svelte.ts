/**
 * This device as a frame: it has a token and nothing else. It asks to be paired, waits for somebody to enter its code, and
 * from then on shows what it is told to; when it is ended it waits again.
 */
import { own, send } from '../../api/client';
import { ApiError, explain } from '../../api/errors';
import { caption, shuffled, type FramePhoto, type Pairing, type Picture, type Screen, type Shows } from './frame';

const KEY = 'frame';
/** How often a waiting screen asks whether its code was entered. */
const ASK_EVERY = 3000;
/** How often a frame asks what to show: new photos come, and what it shows is changed. */
const RELOAD_EVERY = 5 * 60_000;
const RETRY_AFTER = 10_000;
/** Not at once: a server that takes no token must not be asked without end. */
const START_AFTER = 500;

/** Without the cookies: a person may be signed in in this browser, and the frame must not live on that. */
const asFrame = (token: string): RequestInit => ({ credentials: 'omit', cache: 'no-store', headers: { 'x-heirloom-frame': token } });

function today(): string {
  const now = new Date();
  return new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 10);
}

export class PairedScreen {
  state = $state<'starting' | 'waiting' | 'showing'>('starting');
  pairing = $state.raw<Pairing>();
  pictures = $state.raw<Picture[]>([]);
  shows = $state<Shows | null>(null);
  problem = $state('');
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isOver = false;

  /** Returns what ends it. */
  start(): () => void {
    void this.#ask();
    return () => {
      this.#isOver = true;
      clearTimeout(this.#timer);
    };
  }

  /** Forgets what this device may show; whoever made the frame still sees it in the settings, and ends it there. */
  forget(): void {
    localStorage.removeItem(KEY);
    this.pairing = undefined;
    this.pictures = [];
    this.state = 'starting';
    this.#again(START_AFTER);
  }

  async #ask(): Promise<void> {
    clearTimeout(this.#timer);
    try {
      const pairing = await this.#paired();
      const answer = await send(`/api/frames/screen?day=${today()}`, asFrame(pairing.token));
      this.problem = '';
      this.#take((await answer.json()) as Screen, pairing);
      this.#again(this.state === 'waiting' ? ASK_EVERY : RELOAD_EVERY);
    } catch (error) {
      // Nobody knows the token any more: the frame was ended, or its code was not entered in time.
      if (error instanceof ApiError && error.status === 401) return this.forget();
      this.problem = explain(error);
      this.#again(RETRY_AFTER);
    }
  }

  #take(screen: Screen, pairing: Pairing): void {
    this.state = screen.isWaiting ? 'waiting' : 'showing';
    this.shows = screen.shows;
    const known = new Map(this.pictures.map((picture) => [picture.id, picture]));
    const isSame = screen.photos.length === known.size && screen.photos.every(({ id }) => known.has(id));
    if (!isSame) this.pictures = shuffled(screen.photos).map((photo) => this.#picture(photo, pairing.token));
  }

  #picture(photo: FramePhoto, token: string): Picture {
    const fetch = async () => {
      try {
        const answer = await send(`/api/frames/screen/${photo.id}/preview?day=${today()}`, asFrame(token));
        return URL.createObjectURL(await answer.blob());
      } catch (error) {
        // It was ended, or shows something else now.
        if (error instanceof ApiError && [401, 404].includes(error.status)) this.#again(0);
        throw error;
      }
    };
    return { id: photo.id, ...caption(photo), fetch };
  }

  async #paired(): Promise<Pairing> {
    const kept = localStorage.getItem(KEY);
    if (kept) return (this.pairing = JSON.parse(kept) as Pairing);
    const made = await own.post<Pairing>('/frames/pairings');
    localStorage.setItem(KEY, JSON.stringify(made));
    return (this.pairing = made);
  }

  #again(delay: number): void {
    clearTimeout(this.#timer);
    if (!this.#isOver) this.#timer = setTimeout(() => void this.#ask(), delay);
  }
}
