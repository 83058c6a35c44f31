// What the server says of itself.
import { equal, ok, refused, sdk } from './world.mjs';

export default async function (world) {
  equal(await sdk.pingServer(), { res: 'pong' });
  const version = await sdk.getServerVersion();
  equal([version.major, version.minor], [3, 1]);
  const about = await sdk.getAboutInfo();
  equal(about.version, `v${version.major}.${version.minor}.${version.patch}`);
  equal(about.licensed, false);

  const config = await sdk.getServerConfig();
  equal([config.isInitialized, config.maintenanceMode, config.trashDays], [true, false, 30]);
  const features = await sdk.getServerFeatures();
  equal([features.trash, features.search, features.passwordLogin, features.sidecar], [true, true, true, true]);
  equal(features.smartSearch, false, 'this server has no models');

  const types = await sdk.getSupportedMediaTypes();
  for (const [kind, names] of Object.entries({ image: ['.jpg', '.heic', '.dng'], video: ['.mp4', '.mov'], sidecar: ['.xmp'] })) {
    for (const name of names) ok(types[kind].includes(name), `${kind} ${name}`);
  }
  const storage = await sdk.getStorage();
  ok(storage.diskSizeRaw > 0 && storage.diskAvailableRaw <= storage.diskSizeRaw);
  ok(storage.diskUsagePercentage >= 0 && storage.diskUsagePercentage <= 100);
  equal(storage.diskSizeRaw - storage.diskAvailableRaw, storage.diskUseRaw);
  const statistics = await sdk.getServerStatistics();
  equal([statistics.photos, statistics.videos, statistics.usage], [0, 0, 0]);
  equal(statistics.usageByUser[0].userName, 'Ada');
  equal(Object.keys(await sdk.getVersionCheck()).sort(), ['checkedAt', 'releaseVersion']);

  const key = await sdk.getMyApiKey();
  equal([key.name, key.permissions], ['test', ['all']]);
  await refused(sdk.getMyApiKey({ headers: { 'x-api-key': 'wrong' } }), 401, 'Invalid API key');
  const narrow = await sdk.createApiKey({ apiKeyCreateDto: { name: 'narrow', permissions: ['asset.read'] } });
  const narrowly = { headers: { 'x-api-key': narrow.secret } };
  await refused(sdk.getAllTags(narrowly), 403, 'Missing required permission: tag.read');
}
