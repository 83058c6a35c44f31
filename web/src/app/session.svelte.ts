/** Who is signed in, and what this server can do. */
import { api, onSessionEnd } from '../api/client';
import { ApiError } from '../api/errors';
import type { ServerConfigDto, ServerFeaturesDto, UserAdminResponseDto, UserPreferencesResponseDto } from '../api/schema';

export type SessionState = 'starting' | 'setup' | 'out' | 'in';

/** The first run was begun in this browser and not finished: a reload in the middle goes on with it. */
export const firstRun = {
  get isOpen(): boolean {
    return localStorage.getItem('welcome') !== null;
  },
  begin: () => localStorage.setItem('welcome', 'begun'),
  end: () => localStorage.removeItem('welcome'),
};

/** Windows of one browser tell each other when a session has begun. */
const windows = new BroadcastChannel('session');

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
    windows.onmessage = () => this.hasExpired && void this.resume().catch(() => undefined);
  }

  /** The page may be drawn before the server has said who we are, if the browser has a session at all. */
  get looksSignedIn(): boolean {
    return /(?:^|;\s*)immich_is_authenticated=true/.test(document.cookie);
  }

  async start(): Promise<void> {
    const facts = Promise.all([api.get('/server/config'), api.get('/server/features')]);
    const preferences = this.looksSignedIn ? this.#loadPreferences() : undefined;
    try {
      this.user = await api.get('/users/me');
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 401)) throw error;
      [this.config, this.features] = await facts;
      this.state = this.config.isInitialized ? 'out' : 'setup';
      return;
    }
    [this.config, this.features] = await facts;
    this.state = firstRun.isOpen && this.user.isAdmin && !this.config.isOnboarded ? 'setup' : 'in';
    await (preferences ?? this.#loadPreferences());
  }

  async #loadPreferences(): Promise<void> {
    this.preferences = await api.get('/users/me/preferences').catch(() => undefined);
  }

  async signIn(email: string, password: string): Promise<void> {
    await api.post('/auth/login', { body: { email, password } });
    windows.postMessage('begun');
    await this.#begin();
  }

  /** With the address that the OpenID provider sent the browser to. */
  async signInFromProvider(url: string): Promise<void> {
    await api.post('/oauth/callback', { body: { url } });
    windows.postMessage('begun');
    await this.#begin();
  }

  /** With the cookie that another window, or the first run, has brought. */
  async resume(): Promise<void> {
    await api.get('/auth/status');
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
    await this.#loadPreferences();
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
