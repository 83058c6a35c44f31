// Memories of this day.
import { equal, ok, sdk, settle } from './world.mjs';

export default async function (world) {
  await sdk.createJob({ jobCreateDto: { name: 'memory-create' } });
  let memories = [];
  for (let turn = 0; turn < 300 && memories.length === 0; turn++) {
    await settle(world);
    memories = await sdk.searchMemories({ $for: new Date().toISOString().slice(0, 10) });
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  equal(memories.length, 1);
  const [memory] = memories;
  equal([memory.type, memory.data.year, memory.ownerId], ['on_this_day', new Date().getUTCFullYear() - 1, world.ada.id]);
  equal(memory.assets.map(({ id }) => id), [world.past]);
  equal(memory.isSaved, false);
  equal(await sdk.searchMemories({ isSaved: true }), []);
  equal(await sdk.searchMemories({ $for: '2001-02-03T00:00:00.000Z' }), []);
  equal(await sdk.searchMemories({}, world.asBob), []);
}
