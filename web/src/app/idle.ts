/** When nothing more urgent is to be done: what is not needed to see the first photos. Returns what calls it off. */
export function whenIdle(work: () => void, latest = 2000): () => void {
  if ('requestIdleCallback' in window) {
    const asked = requestIdleCallback(work, { timeout: latest });
    return () => cancelIdleCallback(asked);
  }
  const asked = setTimeout(work, Math.min(latest, 200));
  return () => clearTimeout(asked);
}

/** Lets the browser answer somebody, or draw, before it goes on: much at one time is what makes a page stutter. */
export function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(0);
  });
}
