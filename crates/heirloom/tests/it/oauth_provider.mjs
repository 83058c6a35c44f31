// A real OpenID provider for one server. Arguments: the server's address. Says where it is; /control/… is for the test.
import { createServer } from 'node:http';
import { SignJWT, decodeJwt, exportJWK, generateKeyPair } from 'jose';
import Provider from 'oidc-provider';

const [address] = process.argv.slice(2);
/** Claims that the next ID token has otherwise, though its signature is good. */
let forged;
/** Claims of accounts beyond what everybody has. */
const accounts = {};
let provider, handle, key;

const client = (id) => ({
  client_id: id,
  client_secret: 'a secret: 100% & more',
  application_type: 'native',
  token_endpoint_auth_method: id === 'by-basic' ? 'client_secret_basic' : 'client_secret_post',
  redirect_uris: [`${address}/auth/login`, `${address}/user-settings`, `${address}/api/oauth/mobile-redirect`, 'app.immich:///oauth-callback'],
  backchannel_logout_uri: `${address}/api/oauth/backchannel-logout`,
  backchannel_logout_session_required: true,
});

function findAccount(_, id) {
  const claims = {
    sub: id,
    email: `${id}@example.org`,
    email_verified: true,
    name: `${id} of the provider`,
    preferred_username: id,
    ...accounts[id],
  };
  return { accountId: id, claims: () => claims };
}

/** A provider with a new key; what it knows of people and their sessions stays. */
async function start(issuer) {
  const pair = await generateKeyPair('RS256', { extractable: true });
  const kid = `key of ${Date.now()}`;
  key = { kid, privateKey: pair.privateKey };
  provider = new Provider(issuer, {
    clients: ['heirloom', 'by-basic', 'somebody-else'].map(client),
    claims: { openid: ['sub', 'immich_role', 'immich_quota'], email: ['email', 'email_verified'], profile: ['name', 'preferred_username'] },
    cookies: { keys: ['of this test'] },
    features: { backchannelLogout: { enabled: true } },
    // By itself it calls nobody on the machine it runs on.
    fetch: (url, { dispatcher, ...options }) => fetch(url, options),
    findAccount,
    jwks: { keys: [{ ...(await exportJWK(pair.privateKey)), kid, alg: 'RS256', use: 'sig' }] },
    pkce: { required: () => true },
    ttl: { AccessToken: 600, AuthorizationCode: 60, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 },
  });
  provider.use(async (ctx, next) => {
    await next();
    if (forged && ctx.oidc?.route === 'token' && ctx.body?.id_token) {
      const claims = { ...decodeJwt(ctx.body.id_token), ...forged };
      ctx.body.id_token = await new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: key.kid }).sign(key.privateKey);
      forged = undefined;
    }
  });
  handle = provider.callback();
}

const controls = {
  account: ({ id, ...claims }) => void (accounts[id] = claims),
  forge: (claims) => void (forged = claims),
  rotate: () => start(provider.issuer),
  /** Sends the server a logout token for one of the clients; gives what it answers. */
  async logout({ client_id: id, sub, sid }) {
    const found = await provider.Client.find(id);
    return found.backchannelLogout(sub, sid).then(() => 200, (error) => error.response?.status ?? String(error.cause ?? error));
  },
};

async function control(request, response) {
  let text = '';
  for await (const chunk of request) text += chunk;
  const answer = await controls[request.url.split('/').pop()](JSON.parse(text));
  response.end(JSON.stringify(answer ?? null));
}

const server = createServer((request, response) =>
  request.url.startsWith('/control/') ? control(request, response) : handle(request, response),
);
server.listen(0, '127.0.0.1', async () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  await start(issuer);
  console.log(JSON.stringify({ issuer }));
});
