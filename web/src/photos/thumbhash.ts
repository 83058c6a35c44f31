/**
 * The few colours of a photo that the server sends with the list. Working them out costs half a millisecond each, and a
 * fast scroll brings hundreds: their average is there at once, the rest follows a few at a time, the newest first.
 */
import { thumbHashToAverageRGBA, thumbHashToRGBA } from 'thumbhash';
import type { Attachment } from 'svelte/attachments';

/** Milliseconds of a frame. */
const BUDGET = 4;
const waiting: (() => void)[] = [];
let isAsked = false;

function pump(): void {
  isAsked = false;
  const end = performance.now() + BUDGET;
  while (waiting.length > 0 && performance.now() < end) waiting.pop()?.();
  if (waiting.length > 0) ask();
}

function ask(): void {
  if (isAsked) return;
  isAsked = true;
  requestAnimationFrame(pump);
}

export function thumbhash(hash: string | null): Attachment<HTMLCanvasElement> {
  return (canvas) => {
    if (!hash) return;
    const bytes = Uint8Array.from(atob(hash), (letter) => letter.charCodeAt(0));
    const { r, g, b } = thumbHashToAverageRGBA(bytes);
    canvas.style.backgroundColor = `rgb(${r * 255} ${g * 255} ${b * 255})`;
    let isGone = false;
    waiting.push(() => {
      if (!isGone && !isCovered(canvas)) draw(canvas, bytes);
    });
    ask();
    return () => (isGone = true);
  };
}

/** Whether the photo itself is there already. */
function isCovered(canvas: HTMLCanvasElement): boolean {
  const photo = canvas.nextElementSibling;
  return photo instanceof HTMLImageElement && photo.complete && photo.naturalWidth > 0;
}

function draw(canvas: HTMLCanvasElement, bytes: Uint8Array): void {
  const { w, h, rgba } = thumbHashToRGBA(bytes);
  canvas.width = w;
  canvas.height = h;
  canvas.getContext('2d')?.putImageData(new ImageData(new Uint8ClampedArray(rgba), w, h), 0, 0);
}
