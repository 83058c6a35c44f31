/** When nothing more urgent is to be done: what is not needed to see the first photos. Returns what calls it off. */
export function whenIdle(work: () => void, latest = 2000): () => void {
  if ('requestIdleCallback' in window) {
    const asked = requestIdleCallback(work, { timeout: latest });
    return () => cancelIdleCallback(asked);
  }
  const asked = setTimeout(work, Math.min(latest, 200));
  return () => clearTimeout(asked);
}
