// Drives a server with @immich/sdk: address, API key of an administrator, folder of photos, issuer of an OpenID provider.
import { ok, sdk, called } from './world.mjs';
import { IN_SCOPE } from './operations.mjs';

const [address, key, folder, issuer] = process.argv.slice(2);
const world = { address, key, folder, issuer };
sdk.init({ baseUrl: `${address}/api`, apiKey: key });

// In this order: later ones use what earlier ones made.
for (const name of [
  'server', 'users', 'auth', 'oauth', 'assets', 'timeline', 'search', 'people', 'albums', 'sharing', 'tags', 'stacks',
  'memories', 'sync', 'jobs', 'trash',
]) {
  const story = await import(`./${name}.mjs`);
  try {
    await story.default(world);
  } catch (error) {
    console.error(`${name}: ${error.stack}`, error.data ? JSON.stringify(error.data) : '');
    process.exitCode = 1;
  }
}
const left = IN_SCOPE.filter((name) => !called.has(name));
ok(left.length === 0, `never called: ${left.join(', ')}`);
