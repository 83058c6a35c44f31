/** A photo flies from its place in a list onto the stage, and back. */
import { calmly } from '../design/motion';

interface Parts {
  content: HTMLElement | null;
  backdrop: HTMLElement;
}

/** From a place on the screen onto the stage (1), or from the stage to it (-1). */
export function fly({ content, backdrop }: Parts, rect: DOMRect, direction: 1 | -1): Animation | undefined {
  const stage = content?.getBoundingClientRect();
  if (!content || !stage?.width) return undefined;
  const scale = Math.max(rect.width / stage.width, rect.height / stage.height);
  const x = rect.left + rect.width / 2 - (stage.left + stage.width / 2);
  const y = rect.top + rect.height / 2 - (stage.top + stage.height / 2);
  const insetX = Math.max(0, (1 - rect.width / (stage.width * scale)) * 50);
  const insetY = Math.max(0, (1 - rect.height / (stage.height * scale)) * 50);
  const small = { transform: `translate(${x}px, ${y}px) scale(${scale})`, clipPath: `inset(${insetY}% ${insetX}%)` };
  const large = { transform: 'none', clipPath: 'inset(0)' };
  const isBack = direction === -1;
  calmly(backdrop, isBack ? [{ opacity: 1 }, { opacity: 0 }] : [{ opacity: 0 }, { opacity: 1 }], 220, isBack);
  return calmly(content, isBack ? [large, small] : [small, large], 240, isBack) ?? undefined;
}
