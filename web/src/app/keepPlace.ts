import { untrack } from 'svelte';
import { router } from './router.svelte';

/** How far pages were scrolled, by their step in the history. */
const left = new Map<string, number>();

/** Attached to what scrolls: who comes back finds it where it was left, once its content is long enough again. */
export function keepPlace(scroller: HTMLElement): () => void {
  const { step, isReturn } = untrack(() => ({ step: router.step, isReturn: router.isReturn }));
  const wanted = isReturn ? left.get(step) : undefined;
  const growing = new ResizeObserver(() => {
    scroller.scrollTop = wanted ?? 0;
    if (Math.abs(scroller.scrollTop - (wanted ?? 0)) < 1) growing.disconnect();
  });
  const note = () => scroller.isConnected && left.set(step, scroller.scrollTop);
  const leaveAlone = () => growing.disconnect();
  if (wanted && scroller.firstElementChild) growing.observe(scroller.firstElementChild);
  scroller.addEventListener('scroll', note, { passive: true });
  // Whoever scrolls meanwhile knows better.
  for (const name of ['wheel', 'pointerdown', 'keydown']) scroller.addEventListener(name, leaveAlone, { passive: true });
  return leaveAlone;
}
