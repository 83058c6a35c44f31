/** Whether the server answers. Requests that can wait for it do so here. */
class Connection {
  isLost = $state(false);
  #waiting: (() => void)[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #delay = 1000;

  constructor() {
    addEventListener('online', () => this.#ask());
  }

  lose(): void {
    if (this.isLost) return;
    this.isLost = true;
    this.#delay = 1000;
    this.#schedule();
  }

  /** Resolves when the server answers again. */
  restored(signal?: AbortSignal): Promise<void> {
    if (!this.isLost) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#waiting.push(resolve);
      signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    });
  }

  /** Asks now instead of when the timer says. */
  retry(): void {
    void this.#ask();
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#ask(), this.#delay);
    this.#delay = Math.min(this.#delay * 1.6, 15_000);
  }

  async #ask(): Promise<void> {
    if (!this.isLost) return;
    try {
      const response = await fetch('/readyz', { cache: 'no-store' });
      if (!response.ok) throw new Error();
      clearTimeout(this.#timer);
      this.isLost = false;
      for (const resolve of this.#waiting.splice(0)) resolve();
    } catch {
      this.#schedule();
    }
  }
}

export const connection = new Connection();
