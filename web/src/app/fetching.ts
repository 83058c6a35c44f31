/** Parts of the client are fetched when they are needed. */
import { connection } from '../api/connection.svelte';
import { toasts } from '../design/toasts.svelte';
import { t } from '../messages/messages.svelte';

const TRIES = 4;

/** One that did not come because the server is away comes when it is back. */
export async function fetchPart<T>(load: () => Promise<T>): Promise<T> {
  for (let left = TRIES; ; left -= 1) {
    try {
      return await load();
    } catch (error) {
      // It answers, and the part is gone: the server was updated.
      if (left === 1) throw error;
      connection.lose();
      await connection.restored();
    }
  }
}

/** For parts in whose place nothing can be shown: says that the page must be loaded again. */
export async function part<T>(load: () => Promise<T>): Promise<T> {
  return fetchPart(load).catch((error: unknown) => {
    toasts.mustReload(t('common.partFailed'));
    throw error;
  });
}
