// Logging in at an OpenID provider, as the phone's app does.
import { createHash } from 'node:crypto';
import { as, equal, ok, refused, sdk } from './world.mjs';

/** Goes through the provider's pages as somebody; gives where the provider sends the browser. */
async function browse(address, issuer, name) {
  const cookies = new Map();
  const go = async (to, options = {}) => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(to, { redirect: 'manual', ...options, headers: { ...options.headers, cookie } });
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      cookies.set(name, value);
    }
    return answer;
  };
  let answer = await go(address);
  for (let page = 0; page < 20; page++) {
    if (answer.status >= 300 && answer.status < 400) {
      const to = answer.headers.get('location');
      if (!new URL(to, issuer).href.startsWith(issuer)) return to;
      answer = await go(new URL(to, issuer));
      continue;
    }
    const text = await answer.text();
    const [, prompt] = /name="prompt" value="(\w+)"/.exec(text);
    const [, action] = /action="([^"]+)"/.exec(text);
    answer = await go(action, { method: 'POST', body: new URLSearchParams({ prompt, login: name, password: 'x' }) });
  }
  throw new Error('the provider sends us round in circles');
}

export default async function (world) {
  equal((await sdk.getServerFeatures()).oauth, true);
  const verifier = 'a-verifier-of-the-app-that-is-long-enough-for-everybody';
  const codeChallenge = createHash('sha256').update(verifier).digest('base64url');
  const begin = { redirectUri: 'app.immich:///oauth-callback', state: 'of the app', codeChallenge };
  const { url } = await sdk.startOAuth({ oAuthConfigDto: begin });
  const asked = new URL(url);
  equal(asked.searchParams.get('state'), 'of the app');
  equal(asked.searchParams.get('redirect_uri'), 'app.immich:///oauth-callback');
  equal([asked.searchParams.get('code_challenge'), asked.searchParams.get('code_challenge_method')], [codeChallenge, 'S256']);
  const back = await browse(url, world.issuer, 'olga');
  ok(back.startsWith('app.immich:///oauth-callback?'), back);
  const finish = { url: back, state: 'of the app', codeVerifier: verifier };
  await refused(sdk.finishOAuth({ oAuthCallbackDto: { ...finish, state: 'another' } }), 400, 'state');
  const session = await sdk.finishOAuth({ oAuthCallbackDto: finish });
  equal([session.userEmail, session.isAdmin, session.shouldChangePassword], ['olga@example.org', false, false]);
  const phone = as(session.accessToken);
  equal((await sdk.getMyUser(phone)).oauthId, 'olga');
  equal((await sdk.logout(phone)).redirectUri, `${world.issuer}/session/end`);
  await refused(sdk.getMyUser(phone), 401);
}
