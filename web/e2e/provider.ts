/** The least that a provider of OpenID Connect is: one person, who is asked once. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export const CLIENT = { clientId: 'heirloom', clientSecret: 'a secret' };

export async function provide(person: { sub: string; email: string; name: string }): Promise<{ issuer: string; server: Server }> {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = (claims: object) => {
    const text = `${encode({ alg: 'RS256', typ: 'JWT', kid: 'one' })}.${encode(claims)}`;
    return `${text}.${sign('RSA-SHA256', Buffer.from(text), privateKey).toString('base64url')}`;
  };
  let issuer = '';
  let nonce = '';
  const answers: Record<string, (query: URLSearchParams) => object> = {
    '/.well-known/openid-configuration': () => ({
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/jwks`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
      token_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic'],
      code_challenge_methods_supported: ['S256'],
    }),
    '/jwks': () => ({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'RS256', use: 'sig' }] }),
    '/token': () => {
      const now = Math.floor(Date.now() / 1000);
      const claims = { iss: issuer, aud: CLIENT.clientId, iat: now, exp: now + 600, nonce, email_verified: true, ...person };
      return { access_token: 'opaque', token_type: 'Bearer', expires_in: 600, id_token: signed(claims) };
    },
  };
  const server = createServer((asked, answer) => {
    const { pathname, searchParams } = new URL(asked.url ?? '', issuer);
    if (pathname === '/authorize') {
      nonce = searchParams.get('nonce') ?? '';
      const back = new URL(searchParams.get('redirect_uri') ?? '');
      back.search = new URLSearchParams({ code: 'once', state: searchParams.get('state') ?? '' }).toString();
      answer.setHeader('content-type', 'text/html');
      answer.end(`<!doctype html><html lang="en"><title>Provider</title><a href="${back.href.replaceAll('&', '&amp;')}">Continue as ${person.name}</a>`);
      return;
    }
    const give = answers[pathname];
    answer.writeHead(give ? 200 : 404, { 'content-type': 'application/json' });
    answer.end(JSON.stringify(give?.(searchParams) ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { issuer, server };
}
