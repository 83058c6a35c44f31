import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dragBox, fromSteps, isPlain, mirror, moveBox, PLAIN, toSteps, turn, withAspect, type Box, type Edit, type Step } from '../src/viewer/editing';

const size = { width: 1200, height: 800 };

/** Where a point of the original (in pixels) is seen, following the steps one by one. */
function follow(steps: readonly Step[], x: number, y: number): [number, number] {
  let { width, height } = size;
  for (const { action, parameters } of steps) {
    if (action === 'crop') {
      [x, y] = [x - Number(parameters['x']), y - Number(parameters['y'])];
      [width, height] = [Number(parameters['width']), Number(parameters['height'])];
    } else if (action === 'mirror') {
      if (parameters['axis'] === 'horizontal') x = width - x;
      else y = height - y;
    } else {
      for (let left = Number(parameters['angle']) / 90; left > 0; left -= 1) [x, y, width, height] = [height - y, x, height, width];
    }
  }
  return [x, y];
}

test('steps of any client come to the same picture as the steps that are saved', () => {
  const pool: Step[] = [
    { action: 'rotate', parameters: { angle: 90 } },
    { action: 'mirror', parameters: { axis: 'vertical' } },
    { action: 'crop', parameters: { x: 100, y: 50, width: 600, height: 400 } },
    { action: 'mirror', parameters: { axis: 'horizontal' } },
    { action: 'rotate', parameters: { angle: 270 } },
    { action: 'crop', parameters: { x: 20, y: 40, width: 200, height: 300 } },
  ];
  for (let at = 0; at < pool.length; at += 1) {
    const steps = [...pool.slice(at), ...pool.slice(0, at)].filter((step) => step.action !== 'crop' || step === pool[2]);
    const saved = toSteps(fromSteps(steps as never, size), size);
    assert.ok(saved.length <= 3);
    for (const [x, y] of [[300, 200], [310, 260], [500, 333]] as const) assert.deepEqual(follow(saved, x, y), follow(steps, x, y), JSON.stringify(steps));
  }
});

test('turning four times and mirroring twice is nothing', () => {
  let edit: Edit = { ...PLAIN, crop: { x: 0.1, y: 0.2, width: 0.5, height: 0.25 } };
  const before = toSteps(edit, size);
  for (let times = 0; times < 4; times += 1) edit = turn(edit, 1);
  assert.deepEqual(toSteps(mirror(mirror(edit)), size), before);
  assert.ok(isPlain(turn(turn(PLAIN, 1), -1)));
});

test('a box stays inside the picture and keeps its shape', () => {
  const box: Box = { x: 0.25, y: 0.25, width: 0.5, height: 0.5 };
  assert.deepEqual(moveBox(box, 5, -5), { x: 0.5, y: 0, width: 0.5, height: 0.5 });
  assert.deepEqual(dragBox(box, { x: 1, y: 1 }, 5, 5), { x: 0.25, y: 0.25, width: 0.75, height: 0.75 });
  for (const handle of [{ x: 1, y: 1 }, { x: -1, y: 0 }, { x: 0, y: 1 }, { x: 1, y: -1 }] as const) {
    for (const [dx, dy] of [[0.1, 0.02], [-3, 3], [0.3, -0.4]] as const) {
      const dragged = dragBox(withAspect(box, 2), handle, dx, dy, 2);
      assert.ok(Math.abs(dragged.width / dragged.height - 2) < 1e-9);
      assert.ok(dragged.x >= -1e-9 && dragged.y >= -1e-9 && dragged.x + dragged.width <= 1 + 1e-9 && dragged.y + dragged.height <= 1 + 1e-9, JSON.stringify(dragged));
    }
  }
});
