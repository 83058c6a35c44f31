// Queues, as immich-go pauses and starts them.
import { equal, ok, refused, sdk, settle, upload } from './world.mjs';

export default async function (world) {
  const queues = await sdk.getQueuesLegacy();
  for (const name of ['thumbnailGeneration', 'metadataExtraction', 'videoConversion', 'smartSearch', 'backgroundTask']) {
    equal(queues[name].queueStatus.isPaused, false, name);
  }
  const command = (name, queueCommandDto) => sdk.runQueueCommandLegacy({ name, queueCommandDto });
  const paused = await command('thumbnailGeneration', { command: 'pause', force: false });
  equal(paused.queueStatus.isPaused, true);
  equal((await sdk.getQueuesLegacy()).thumbnailGeneration.queueStatus.isPaused, true);
  equal((await command('thumbnailGeneration', { command: 'resume', force: false })).queueStatus.isPaused, false);
  await command('thumbnailGeneration', { command: 'start', force: true });
  await settle(world);
  ok((await sdk.getAssetInfo({ id: world.berlin })).thumbhash);
  await refused(sdk.getQueuesLegacy(world.asBob), 403);
  await refused(sdk.createJob({ jobCreateDto: { name: 'tag-cleanup' } }, world.asBob), 403);
  await refused(sdk.createJob({ jobCreateDto: { name: 'nonsense' } }), 400);
}
