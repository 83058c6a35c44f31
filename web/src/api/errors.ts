import { t } from '../messages/messages.svelte';

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

/** A sentence for a person: what happened, and what to do where we know it. */
export function explain(error: unknown): string {
  if (!(error instanceof ApiError)) return error instanceof Error ? error.message : String(error);
  if (error.status === 0) return t('common.error.unreachable');
  if (error.needsPin) return t('common.error.locked');
  if (error.status === 401) return t('common.error.loggedOut');
  if (error.status === 403) return t('common.error.forbidden');
  if (error.status === 413) return t('common.error.tooLarge');
  if (error.status === 501) return t('common.error.notBuilt');
  if (error.status >= 500) return t('common.error.server');
  if (/^Not found or no /.test(error.message)) return t('common.error.gone');
  const issue = error.issues[0];
  return issue?.message ? `${issue.path?.join('.') ?? ''}: ${issue.message}` : error.message;
}

export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}
