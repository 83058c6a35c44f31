/** Signing in at the server's OpenID provider. */
import { api } from '../api/client';

/** Where the provider sends the browser back to. */
const BACK = { signIn: '/auth/login', link: '/settings' };

/** Leaves for the provider's page. */
export async function goToProvider(purpose: keyof typeof BACK): Promise<void> {
  const { url } = await api.post('/oauth/authorize', { body: { redirectUri: location.origin + BACK[purpose] } });
  location.assign(url);
}

/** The address that the provider has just sent the browser to, if it did. */
export function comeBack(): string | undefined {
  const said = new URLSearchParams(location.search);
  return said.has('state') && (said.has('code') || said.has('error')) ? location.href : undefined;
}
