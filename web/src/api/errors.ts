import { t, type MessageKey } from '../messages/messages.svelte';

interface Issue {
  path?: (string | number)[];
  message?: string;
}

/** What the server said when it refused; `status` 0 means that it could not be reached. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly issues: Issue[] = [],
  ) {
    super(message);
    this.name = 'ApiError';
  }

  /** Signed in, but the locked folder is closed. */
  get needsPin(): boolean {
    return this.status === 401 && /elevated/i.test(this.message);
  }

  static async from(response: Response): Promise<ApiError> {
    const body: unknown = await response.json().catch(() => undefined);
    const { message, errors } = (body ?? {}) as { message?: unknown; errors?: unknown };
    const text = typeof message === 'string' ? message : response.statusText || `HTTP ${response.status}`;
    return new ApiError(response.status, text, Array.isArray(errors) ? (errors as Issue[]) : []);
  }
}

/** What the server says in English only, and people meet. */
const SAID: [RegExp, MessageKey][] = [
  [/elevated/i, 'common.error.locked'],
  [/^Not found or no /, 'common.error.gone'],
  [/^Quota has been exceeded/, 'common.error.quota'],
  [/^Wrong password/, 'common.error.wrongPassword'],
  [/^Wrong PIN/, 'common.error.wrongPin'],
  [/is not an e-mail address/, 'common.error.email'],
  [/^User exists/, 'common.error.userExists'],
  [/slug already exists/, 'common.error.slugTaken'],
  [/in maintenance mode/, 'common.error.maintenance'],
  [/already (exists|added)$/, 'common.error.alreadyThere'],
];

const BY_STATUS: Record<number, MessageKey> = {
  0: 'common.error.unreachable',
  401: 'common.error.loggedOut',
  403: 'common.error.forbidden',
  404: 'common.error.gone',
  413: 'common.error.tooLarge',
  423: 'common.error.busy',
  429: 'common.error.tooOften',
  501: 'common.error.notBuilt',
  502: 'common.error.unreachable',
  504: 'common.error.unreachable',
  507: 'common.error.diskFull',
};

/** A sentence for a person: what happened, and what to do where we know it. */
export function explain(error: unknown): string {
  if (!(error instanceof ApiError)) return error instanceof Error ? error.message : String(error);
  const issue = error.issues[0];
  const reason = issue?.message ? `${issue.path?.join('.') ?? ''}: ${issue.message}` : error.message;
  const known = SAID.find(([pattern]) => pattern.test(reason))?.[1] ?? BY_STATUS[error.status];
  if (known) return t(known);
  return error.status >= 500 ? t('common.error.server') : t('common.error.refused', { reason });
}

/** It was not the server that refused: it, or the way to it, is away for now. */
export function isAway(error: unknown): boolean {
  return error instanceof ApiError && [0, 502, 503, 504].includes(error.status);
}

export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}
