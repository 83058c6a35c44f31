/**
 * How a picture is cut, turned and mirrored, without touching it: any row of steps comes to one part of the original,
 * mirrored or not, then turned by quarters. `crop` is that part as it is seen, in parts (0 to 1) of the whole picture after
 * mirroring and turning.
 */
import type { AssetEditActionItemResponseDto } from '../api/schema';

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Edit {
  /** Quarters of a circle, clockwise, after mirroring. */
  turns: number;
  /** Left and right are exchanged. */
  isMirrored: boolean;
  crop: Box;
}

export interface Size {
  width: number;
  height: number;
}

export interface Step {
  action: 'crop' | 'rotate' | 'mirror';
  parameters: Record<string, number | string>;
}

const WHOLE: Box = { x: 0, y: 0, width: 1, height: 1 };
export const PLAIN: Edit = { turns: 0, isMirrored: false, crop: WHOLE };
/** Smallest side of a crop, in parts of the picture. */
const LEAST = 0.05;

const quarters = (turns: number) => ((turns % 4) + 4) % 4;
const mirrorBox = (box: Box): Box => ({ ...box, x: 1 - box.x - box.width });

/** A box after the picture was turned clockwise. */
function turnBox(box: Box, turns: number): Box {
  let { x, y, width, height } = box;
  for (let left = quarters(turns); left > 0; left -= 1) [x, y, width, height] = [1 - y - height, x, height, width];
  return { x, y, width, height };
}

/** Of the picture as it is seen: turned one quarter to the left (-1) or right (1). */
export function turn(edit: Edit, by: 1 | -1): Edit {
  return { ...edit, turns: quarters(edit.turns + by), crop: turnBox(edit.crop, by) };
}

/** Of the picture as it is seen: left and right exchanged. */
export function mirror(edit: Edit): Edit {
  return { isMirrored: !edit.isMirrored, turns: quarters(-edit.turns), crop: mirrorBox(edit.crop) };
}

export function sizeOf(size: Size, { turns }: Edit): Size {
  return turns % 2 ? { width: size.height, height: size.width } : size;
}

export function isPlain({ turns, isMirrored, crop }: Edit): boolean {
  return turns === 0 && !isMirrored && isWhole(crop);
}

function isWhole({ x, y, width, height }: Box): boolean {
  return x < 1e-6 && y < 1e-6 && width > 1 - 1e-6 && height > 1 - 1e-6;
}

/** The steps as the server keeps them; none for the original. */
export function toSteps(edit: Edit, size: Size): Step[] {
  const steps: Step[] = [];
  if (!isWhole(edit.crop)) {
    const back = turnBox(edit.crop, -edit.turns);
    const box = edit.isMirrored ? mirrorBox(back) : back;
    const x = Math.min(Math.max(Math.round(box.x * size.width), 0), size.width - 1);
    const y = Math.min(Math.max(Math.round(box.y * size.height), 0), size.height - 1);
    const width = Math.min(Math.max(Math.round(box.width * size.width), 1), size.width - x);
    const height = Math.min(Math.max(Math.round(box.height * size.height), 1), size.height - y);
    steps.push({ action: 'crop', parameters: { x, y, width, height } });
  }
  if (edit.isMirrored) steps.push({ action: 'mirror', parameters: { axis: 'horizontal' } });
  if (edit.turns) steps.push({ action: 'rotate', parameters: { angle: edit.turns * 90 } });
  return steps;
}

/** Steps of any client, in any order, as one edit. */
export function fromSteps(steps: readonly Pick<AssetEditActionItemResponseDto, 'action' | 'parameters'>[], size: Size): Edit {
  let edit = PLAIN;
  for (const { action, parameters } of steps) {
    const given = parameters as unknown as Record<string, number | string>;
    if (action === 'rotate') for (let left = quarters(Number(given['angle']) / 90); left > 0; left -= 1) edit = turn(edit, 1);
    else if (action === 'mirror') {
      edit = mirror(edit);
      if (given['axis'] === 'vertical') edit = turn(turn(edit, 1), 1);
    } else {
      // In pixels of what is left by then.
      const now = sizeOf(size, edit);
      const { crop } = edit;
      edit = {
        ...edit,
        crop: {
          x: crop.x + Number(given['x']) / now.width,
          y: crop.y + Number(given['y']) / now.height,
          width: Number(given['width']) / now.width,
          height: Number(given['height']) / now.height,
        },
      };
    }
  }
  return edit;
}

/** Where a handle of the box is: -1 for its left or top side, 1 for the other, 0 for neither. */
export interface Handle {
  x: -1 | 0 | 1;
  y: -1 | 0 | 1;
}

/** The whole box moved; it stays inside the picture. */
export function moveBox(box: Box, dx: number, dy: number): Box {
  return { ...box, x: clamp(box.x + dx, 0, 1 - box.width), y: clamp(box.y + dy, 0, 1 - box.height) };
}

/**
 * The box with one handle moved. `aspect` is width by height that it keeps, in parts of the picture (the aspect in pixels
 * by that of the picture).
 */
export function dragBox(box: Box, handle: Handle, dx: number, dy: number, aspect?: number): Box {
  const right = box.x + box.width;
  const bottom = box.y + box.height;
  const x1 = handle.x === -1 ? clamp(box.x + dx, 0, right - LEAST) : box.x;
  const x2 = handle.x === 1 ? clamp(right + dx, box.x + LEAST, 1) : right;
  const y1 = handle.y === -1 ? clamp(box.y + dy, 0, bottom - LEAST) : box.y;
  const y2 = handle.y === 1 ? clamp(bottom + dy, box.y + LEAST, 1) : bottom;
  const free = { x: x1, y: y1, width: x2 - x1, height: y2 - y1 };
  return aspect ? keepAspect(box, free, handle, aspect) : free;
}

/** What lies opposite the handle stays where it is; beside a side's handle, the middle does. */
function keepAspect(before: Box, wanted: Box, handle: Handle, aspect: number): Box {
  const middleX = before.x + before.width / 2;
  const middleY = before.y + before.height / 2;
  const roomX = handle.x === 1 ? 1 - before.x : handle.x === -1 ? before.x + before.width : 2 * Math.min(middleX, 1 - middleX);
  const roomY = handle.y === 1 ? 1 - before.y : handle.y === -1 ? before.y + before.height : 2 * Math.min(middleY, 1 - middleY);
  const byWidth = handle.y === 0 || (handle.x !== 0 && Math.abs(wanted.width - before.width) >= Math.abs(wanted.height - before.height) * aspect);
  const most = Math.min(roomX, roomY * aspect);
  const width = clamp(byWidth ? wanted.width : wanted.height * aspect, Math.min(LEAST, most), most);
  const height = width / aspect;
  const x = handle.x === 1 ? before.x : handle.x === -1 ? before.x + before.width - width : middleX - width / 2;
  const y = handle.y === 1 ? before.y : handle.y === -1 ? before.y + before.height - height : middleY - height / 2;
  return { x, y, width, height };
}

/** The largest box of that aspect about the middle of another. */
export function withAspect(box: Box, aspect: number): Box {
  const middleX = box.x + box.width / 2;
  const middleY = box.y + box.height / 2;
  const area = box.width * box.height;
  const width = Math.min(Math.sqrt(area * aspect), 1, aspect);
  const height = width / aspect;
  return { x: clamp(middleX - width / 2, 0, 1 - width), y: clamp(middleY - height / 2, 0, 1 - height), width, height };
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}
