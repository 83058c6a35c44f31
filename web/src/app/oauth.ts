/** Signing in at the server's OpenID provider. */
import { api } from '../api/client';

/** Where the provider sends the browser back to. */
const BACK = { signIn: '/auth/login', link: '/settings' };

/** Leaves for the provider's page. */
export async function goToProvider(purpose: keyof typeof BACK): Promise<void> {
  const { url } = await api.post('/oauth/authorize', { body: { redirectUri: location.origin + BACK[purpose] } });
  location.assign(url);
}

/** Another window, so that the one whose session has ended stays as it is. It closes when it has done its work. */
const RENEWAL = 'heirloom-renewal';

/** The page of signing in goes on to the provider at once. */
export function renewAtProvider(): void {
  window.open('/auth/login?autoLaunch=1', RENEWAL);
}

/** Whether this window is that one, and is closed. */
export function closeRenewal(): boolean {
  if (window.name !== RENEWAL || !window.opener) return false;
  window.close();
  return window.closed;
}

/** The address that the provider has just sent the browser to, if it did. */
export function comeBack(): string | undefined {
  const said = new URLSearchParams(location.search);
  return said.has('state') && (said.has('code') || said.has('error')) ? location.href : undefined;
}
