/** Short messages at the edge of the window; what was done can be undone from there. */
import { explain, isAbort } from '../api/errors';
import { t } from '../messages/messages.svelte';

export interface Toast {
  id: number;
  text: string;
  kind: 'done' | 'error';
  action?: { label: string; run: () => unknown };
}

class Toasts {
  shown = $state<Toast[]>([]);
  /** Where they can be shown: the page, and each dialog over it. Only what is on top can be reached. */
  places = $state.raw<string[]>([]);
  #next = 1;
  #timers = new Map<number, ReturnType<typeof setTimeout>>();

  done(text: string, action?: Toast['action']): void {
    this.#add({ id: this.#next++, text, kind: 'done', action }, action ? 9000 : 4500);
  }

  error(error: unknown): void {
    if (isAbort(error)) return;
    const text = typeof error === 'string' ? error : explain(error);
    if (this.shown.some((toast) => toast.text === text)) return;
    this.#add({ id: this.#next++, text, kind: 'error' }, 12_000);
  }

  /** The server was updated: what this page asks for is not there any more. */
  mustReload(text: string): void {
    if (this.shown.some((toast) => toast.text === text)) return;
    this.#add({ id: this.#next++, text, kind: 'error', action: { label: t('common.reload'), run: () => location.reload() } }, 60_000);
  }

  /** A place offers itself while it is there. */
  offer(place: string): () => void {
    this.places = [...this.places, place];
    return () => (this.places = this.places.filter((other) => other !== place));
  }

  close(id: number): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
    this.shown = this.shown.filter((toast) => toast.id !== id);
  }

  /** Nobody loses a message while reading it or reaching for its button. */
  hold(id: number): void {
    clearTimeout(this.#timers.get(id));
  }

  release(id: number): void {
    this.#timers.set(id, setTimeout(() => this.close(id), 4000));
  }

  #add(toast: Toast, milliseconds: number): void {
    this.shown = [...this.shown.slice(-2), toast];
    this.#timers.set(toast.id, setTimeout(() => this.close(toast.id), milliseconds));
  }
}

export const toasts = new Toasts();

/** Runs what a person asked for; a failure is told, not thrown. */
export async function attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    toasts.error(error);
    return undefined;
  }
}
