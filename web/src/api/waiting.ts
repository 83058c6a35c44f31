/** Waiting that ends when nobody wants its outcome any more. */

export function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return unless(signal, new Promise((resolve) => setTimeout(resolve, milliseconds)));
}

/** What the work gives, or the reason why it is no longer wanted. */
export function unless<T>(signal: AbortSignal | undefined, work: Promise<T>): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason as Error);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
