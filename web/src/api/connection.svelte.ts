/** Whether the server answers, or is in maintenance. Requests that can wait for it do so here. */
class Connection {
  isLost = $state(false);
  /** It is there, and answers only those who maintain it: `MaintenancePage` covers everything, and says when it is over. */
  isInMaintenance = $state(false);
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

  /** Looks whether it is in maintenance, which is why it may have refused something. */
  async look(): Promise<void> {
    if (await isMaintained().catch(() => false)) this.beginMaintenance();
  }

  beginMaintenance(): void {
    clearTimeout(this.#timer);
    this.isLost = true;
    this.isInMaintenance = true;
  }

  endMaintenance(): void {
    this.isInMaintenance = false;
    this.#restore();
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#ask(), this.#delay);
    this.#delay = Math.min(this.#delay * 1.6, 15_000);
  }

  async #ask(): Promise<void> {
    if (!this.isLost || this.isInMaintenance) return;
    try {
      const response = await fetch('/readyz', { cache: 'no-store' });
      if (!response.ok) throw new Error();
      if (await isMaintained()) this.beginMaintenance();
      else this.#restore();
    } catch {
      this.#schedule();
    }
  }

  #restore(): void {
    clearTimeout(this.#timer);
    this.isLost = false;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

export async function isMaintained(): Promise<boolean> {
  const response = await fetch('/api/server/config', { cache: 'no-store' });
  if (!response.ok) throw new Error();
  return ((await response.json()) as { maintenanceMode?: boolean }).maintenanceMode === true;
}

export const connection = new Connection();
