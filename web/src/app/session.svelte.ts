/** Who is signed in, and what this server can do. */
import { api, onSessionEnd } from '../api/client';
import { ApiError } from '../api/errors';
import type { ServerConfigDto, ServerFeaturesDto, UserAdminResponseDto, UserPreferencesResponseDto } from '../api/schema';

export type SessionState = 'starting' | 'setup' | 'out' | 'in';

class Session {
  state = $state<SessionState>('starting');
  user = $state.raw<UserAdminResponseDto | undefined>();
  config = $state.raw<ServerConfigDto | undefined>();
  features = $state.raw<ServerFeaturesDto | undefined>();
  preferences = $state.raw<UserPreferencesResponseDto | undefined>();
  /** The session ended while a page was open: it stays as it is, and a dialog asks for the password. */
  hasExpired = $state(false);
  #renewing: ((isRenewed: boolean) => void)[] = [];

  constructor() {
    onSessionEnd(() => {
      if (this.state !== 'in') return Promise.resolve(false);
      this.hasExpired = true;
      return new Promise((resolve) => this.#renewing.push(resolve));
    });
  }

  /** The page may be drawn before the server has said who we are, if the browser has a session at all. */
  get looksSignedIn(): boolean {
    return /(?:^|;\s*)immich_is_authenticated=true/.test(document.cookie);
  }

  async start(): Promise<void> {
    const facts = Promise.all([api.get('/server/config'), api.get('/server/features')]);
    try {
      this.user = await api.get('/users/me');
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 401)) throw error;
      [this.config, this.features] = await facts;
      this.state = this.config.isInitialized ? 'out' : 'setup';
      return;
    }
    [this.config, this.features] = await facts;
    this.state = 'in';
    this.preferences = await api.get('/users/me/preferences').catch(() => undefined);
  }

  async signIn(email: string, password: string): Promise<void> {
    await api.post('/auth/login', { body: { email, password } });
    await this.#begin();
  }

  /** With the address that the OpenID provider sent the browser to. */
  async signInFromProvider(url: string): Promise<void> {
    await api.post('/oauth/callback', { body: { url } });
    await this.#begin();
  }

  async #begin(): Promise<void> {
    const user = await api.get('/users/me');
    if (this.hasExpired && this.user && this.user.id !== user.id) {
      // Another person signed in: nothing of the page before may be shown to them.
      location.assign('/');
      return;
    }
    this.user = user;
    this.state = 'in';
    this.hasExpired = false;
    for (const resolve of this.#renewing.splice(0)) resolve(true);
    this.preferences = await api.get('/users/me/preferences').catch(() => undefined);
  }

  async reloadFacts(): Promise<void> {
    [this.config, this.features] = await Promise.all([api.get('/server/config'), api.get('/server/features')]);
  }

  async signOut(): Promise<void> {
    const out = await api.post('/auth/logout').catch(() => undefined);
    // A fresh document: nothing of this person stays in memory. A provider is visited to end its session as well, and is
    // not visited again at once.
    const isElsewhere = this.features?.oauthAutoLaunch || out?.redirectUri.startsWith('http');
    location.assign((isElsewhere && out?.redirectUri) || '/');
  }
}

export const session = new Session();
