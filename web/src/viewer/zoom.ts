/**
 * Fingers, mouse and wheel on the open photo: pinch and wheel zoom, double tap, drag when zoomed, swipe to the next one,
 * swipe down to close. Moves elements directly, so that a frame costs a style change and nothing else.
 */
import type { Attachment } from 'svelte/attachments';

interface Options {
  /** The element that is zoomed; it has its unzoomed size and lies in the middle. */
  content: () => HTMLElement | null;
  /** The element that moves when swiping. */
  track: () => HTMLElement | null;
  canSwipe: (direction: 1 | -1) => boolean;
  onswipe: (direction: 1 | -1) => void;
  onclose: () => void;
  ontap: () => void;
  onzoom: (scale: number) => void;
}

const SCALE_MAX = 12;

export class Zoom {
  scale = 1;
  #x = 0;
  #y = 0;
  #element: HTMLElement | undefined;

  constructor(readonly options: Options) {}

  readonly attach: Attachment<HTMLElement> = (element) => {
    this.#element = element;
    const pointers = new Map<string | number, PointerEvent>();
    let start = { x: 0, y: 0, time: 0 };
    let mode: 'none' | 'pan' | 'swipe' | 'dismiss' | 'pinch' = 'none';
    let pinch = { distance: 1, x: 0, y: 0 };
    let lastTap = { time: 0, x: 0, y: 0 };
    let tapping: ReturnType<typeof setTimeout> | undefined;

    const middle = () => {
      const [a, b] = [...pointers.values()];
      if (!a || !b) return { distance: 1, x: 0, y: 0 };
      return { distance: Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY), x: (a.clientX + b.clientX) / 2, y: (a.clientY + b.clientY) / 2 };
    };
    const down = (event: PointerEvent) => {
      if (event.button !== 0 || (event.target as Element).closest('button, a, input, [data-native]')) return;
      element.setPointerCapture(event.pointerId);
      pointers.set(event.pointerId, event);
      if (pointers.size === 1) {
        start = { x: event.clientX, y: event.clientY, time: event.timeStamp };
        mode = this.scale > 1 ? 'pan' : 'none';
      } else {
        mode = 'pinch';
        pinch = middle();
        this.#slide(0, 0);
      }
    };
    const move = (event: PointerEvent) => {
      const before = pointers.get(event.pointerId);
      if (!before) return;
      pointers.set(event.pointerId, event);
      const dx = event.clientX - start.x;
      const dy = event.clientY - start.y;
      if (mode === 'pinch') {
        const now = middle();
        this.#move(now.x - pinch.x, now.y - pinch.y);
        this.zoomAt(now.x, now.y, this.scale * (now.distance / pinch.distance));
        pinch = now;
      } else if (mode === 'pan') {
        this.#move(event.clientX - before.clientX, event.clientY - before.clientY);
      } else {
        if (mode === 'none' && Math.hypot(dx, dy) > 8) mode = Math.abs(dx) > Math.abs(dy) ? 'swipe' : 'dismiss';
        if (mode === 'swipe') {
          const direction = dx < 0 ? 1 : -1;
          this.#slide(this.options.canSwipe(logical(direction)) ? dx : dx / 4, 0);
        } else if (mode === 'dismiss' && event.pointerType !== 'mouse') {
          this.#slide(0, dy, Math.max(0.7, 1 - Math.abs(dy) / 1200));
        }
      }
    };
    const up = (event: PointerEvent) => {
      if (!pointers.delete(event.pointerId)) return;
      if (mode === 'pinch') {
        if (pointers.size === 1) mode = 'pan';
        if (this.scale < 1.02) this.reset(true);
        return;
      }
      const dx = event.clientX - start.x;
      const dy = event.clientY - start.y;
      const speed = (mode === 'swipe' ? dx : dy) / Math.max(event.timeStamp - start.time, 1);
      if (mode === 'swipe') {
        const direction = logical(dx < 0 ? 1 : -1);
        const isFar = Math.abs(dx) > element.clientWidth / 4 || Math.abs(speed) > 0.4;
        if (event.type === 'pointerup' && isFar && this.options.canSwipe(direction)) void this.#leave(dx < 0 ? 1 : -1, direction);
        else this.#settle();
      } else if (mode === 'dismiss' && event.pointerType !== 'mouse') {
        if (event.type === 'pointerup' && (dy > 120 || speed > 0.5)) this.options.onclose();
        else this.#settle();
      } else if (event.type === 'pointerup' && Math.hypot(dx, dy) < 8) {
        const isDouble = event.timeStamp - lastTap.time < 320 && Math.hypot(event.clientX - lastTap.x, event.clientY - lastTap.y) < 40;
        clearTimeout(tapping);
        if (isDouble) {
          lastTap = { time: 0, x: 0, y: 0 };
          this.toggle(event.clientX, event.clientY);
        } else {
          lastTap = { time: event.timeStamp, x: event.clientX, y: event.clientY };
          tapping = setTimeout(() => this.options.ontap(), event.pointerType === 'mouse' ? 0 : 260);
        }
      }
      mode = 'none';
    };
    const wheel = (event: WheelEvent) => {
      if ((event.target as Element).closest('[data-native]')) return;
      event.preventDefault();
      const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 24 : 1;
      // A pinch on a touch pad arrives as a wheel with the control key, in small steps.
      const strength = event.ctrlKey ? 0.012 : 0.0022;
      this.zoomAt(event.clientX, event.clientY, this.scale * Math.exp(-event.deltaY * lines * strength));
      if (this.scale < 1.02) this.reset();
    };
    element.addEventListener('pointerdown', down);
    element.addEventListener('pointermove', move);
    element.addEventListener('pointerup', up);
    element.addEventListener('pointercancel', up);
    element.addEventListener('wheel', wheel, { passive: false });
    return () => {
      clearTimeout(tapping);
      element.removeEventListener('pointerdown', down);
      element.removeEventListener('pointermove', move);
      element.removeEventListener('pointerup', up);
      element.removeEventListener('pointercancel', up);
      element.removeEventListener('wheel', wheel);
    };
  };

  /** Zooms so that what lies under a point of the screen stays there. */
  zoomAt(x: number, y: number, wanted: number): void {
    const element = this.#element;
    if (!element) return;
    const box = element.getBoundingClientRect();
    const scale = Math.min(Math.max(wanted, 1), SCALE_MAX);
    const fromX = x - box.left - box.width / 2;
    const fromY = y - box.top - box.height / 2;
    this.#x = fromX - ((fromX - this.#x) * scale) / this.scale;
    this.#y = fromY - ((fromY - this.#y) * scale) / this.scale;
    this.scale = scale;
    this.#draw();
    this.options.onzoom(scale);
  }

  zoomBy(factor: number): void {
    const box = this.#element?.getBoundingClientRect();
    if (!box) return;
    this.#animate();
    this.zoomAt(box.left + box.width / 2, box.top + box.height / 2, this.scale * factor);
  }

  toggle(x: number, y: number): void {
    this.#animate();
    if (this.scale > 1) this.reset(true);
    else this.zoomAt(x, y, 2.5);
  }

  reset(animated = false): void {
    if (animated) this.#animate();
    this.scale = 1;
    this.#x = 0;
    this.#y = 0;
    this.#draw();
    this.options.onzoom(1);
  }

  #move(dx: number, dy: number): void {
    this.#x += dx;
    this.#y += dy;
    this.#draw();
  }

  /** Keeps the photo's edges at or beyond those of the stage. */
  #draw(): void {
    const content = this.options.content();
    const element = this.#element;
    if (!content || !element) return;
    const roomX = Math.max(0, (content.offsetWidth * this.scale - element.clientWidth) / 2);
    const roomY = Math.max(0, (content.offsetHeight * this.scale - element.clientHeight) / 2);
    this.#x = Math.min(Math.max(this.#x, -roomX), roomX);
    this.#y = Math.min(Math.max(this.#y, -roomY), roomY);
    content.style.transform = this.scale === 1 ? '' : `translate(${this.#x}px, ${this.#y}px) scale(${this.scale})`;
  }

  #animate(): void {
    const content = this.options.content();
    if (!content) return;
    content.style.transition = 'transform 200ms cubic-bezier(0.2, 0, 0, 1)';
    setTimeout(() => (content.style.transition = ''), 220);
  }

  #slide(x: number, y: number, scale = 1): void {
    const track = this.options.track();
    if (!track) return;
    track.style.transition = '';
    track.style.transform = x || y ? `translate(${x}px, ${y}px) scale(${scale})` : '';
  }

  #settle(): void {
    const track = this.options.track();
    if (!track) return;
    track.style.transition = 'transform 200ms cubic-bezier(0.2, 0, 0, 1)';
    track.style.transform = '';
  }

  async #leave(side: 1 | -1, direction: 1 | -1): Promise<void> {
    const track = this.options.track();
    if (!track) return;
    const move = track.animate({ transform: `translate(${-side * 100}%, 0)` }, { duration: 200, easing: 'cubic-bezier(0.2, 0, 0, 1)', fill: 'forwards' });
    await move.finished.catch(() => undefined);
    this.options.onswipe(direction);
    track.style.transition = '';
    track.style.transform = '';
    move.cancel();
  }
}

/** To the left is forward, unless one reads from right to left. */
function logical(side: 1 | -1): 1 | -1 {
  return document.dir === 'rtl' ? ((side * -1) as 1 | -1) : side;
}
