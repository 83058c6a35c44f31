/** Choosing by dragging: with the mouse from any photo, with a finger after a long press. */
import type { Attachment } from 'svelte/attachments';
import type { Photo } from './photo';

interface Options {
  photoAt: (x: number, y: number) => Photo | undefined;
  isEnabled: () => boolean;
  begin: (photo: Photo) => void;
  extend: (photo: Photo) => void;
  scrollBy: (distance: number) => void;
}

const LONG_PRESS_MS = 420;
const EDGE = 72;

export function pointing(options: Options): Attachment<HTMLElement> {
  return (element) => {
    let from: { x: number; y: number; photo: Photo } | undefined;
    let isDragging = false;
    let press: ReturnType<typeof setTimeout> | undefined;
    let frame = 0;
    let at = { x: 0, y: 0 };

    const roll = () => {
      const box = element.getBoundingClientRect();
      const above = box.top + EDGE - at.y;
      const below = at.y - (box.bottom - EDGE);
      if (above > 0) options.scrollBy(-above / 4);
      else if (below > 0) options.scrollBy(below / 4);
      const photo = options.photoAt(at.x, at.y);
      if (photo) options.extend(photo);
      frame = requestAnimationFrame(roll);
    };
    const start = () => {
      if (!from) return;
      isDragging = true;
      options.begin(from.photo);
      frame = requestAnimationFrame(roll);
    };
    const stop = () => {
      clearTimeout(press);
      cancelAnimationFrame(frame);
      from = undefined;
      // The click that follows a drag is part of it.
      setTimeout(() => (isDragging = false));
    };
    const down = (event: PointerEvent) => {
      if (event.button !== 0 || event.shiftKey || !options.isEnabled()) return;
      const photo = options.photoAt(event.clientX, event.clientY);
      if (!photo) return;
      from = { x: event.clientX, y: event.clientY, photo };
      at = { x: event.clientX, y: event.clientY };
      if (event.pointerType !== 'mouse') {
        press = setTimeout(() => {
          navigator.vibrate?.(12);
          start();
        }, LONG_PRESS_MS);
      }
    };
    const move = (event: PointerEvent) => {
      if (!from) return;
      at = { x: event.clientX, y: event.clientY };
      if (isDragging || Math.hypot(at.x - from.x, at.y - from.y) < 9) return;
      if (event.pointerType === 'mouse') start();
      else clearTimeout(press);
    };
    const touch = (event: TouchEvent) => {
      if (isDragging) {
        event.preventDefault();
        const finger = event.touches[0];
        if (finger) at = { x: finger.clientX, y: finger.clientY };
      }
    };
    const click = (event: MouseEvent) => {
      if (!isDragging) return;
      event.preventDefault();
      event.stopPropagation();
    };
    const menu = (event: Event) => {
      if (press && from) event.preventDefault();
    };
    element.addEventListener('pointerdown', down);
    addEventListener('pointermove', move);
    addEventListener('pointerup', stop);
    addEventListener('pointercancel', stop);
    element.addEventListener('touchmove', touch, { passive: false });
    element.addEventListener('click', click, { capture: true });
    element.addEventListener('contextmenu', menu);
    return () => {
      stop();
      element.removeEventListener('pointerdown', down);
      removeEventListener('pointermove', move);
      removeEventListener('pointerup', stop);
      removeEventListener('pointercancel', stop);
      element.removeEventListener('touchmove', touch);
      element.removeEventListener('click', click, { capture: true });
      element.removeEventListener('contextmenu', menu);
    };
  };
}
