export function prefersStillness(): boolean {
  return matchMedia('(prefers-reduced-motion: reduce)').matches;
}

/** An animation, unless the person asked for none. */
export function calmly(element: Element, frames: Keyframe[], duration: number, stays = false): Animation | undefined {
  if (prefersStillness()) return undefined;
  return element.animate(frames, { duration, easing: 'cubic-bezier(0.2, 0, 0, 1)', fill: stays ? 'forwards' : 'none' });
}
