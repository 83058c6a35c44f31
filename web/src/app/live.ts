/** What the server tells while a page is open: after the first photos, for which it is not needed. */
import { connection } from '../api/connection.svelte';
import { tell } from '../photos/changes';
import { whenIdle } from './idle';
import { news } from './news.svelte';
import { session } from './session.svelte';
import { listenAt } from './socket';

const refresh = () => tell({ kind: 'refresh' });
const TOLD: Record<string, (...said: never[]) => void> = {
  on_upload_success: refresh,
  on_asset_update: refresh,
  on_asset_stack_update: refresh,
  on_asset_hidden: refresh,
  AssetEditReadyV2: refresh,
  on_asset_delete: (id: string) => tell({ kind: 'delete', ids: [id] }),
  on_asset_trash: (ids: string[]) => tell({ kind: 'update', ids, change: { isTrashed: true } }),
  on_asset_restore: (ids: string[]) => tell({ kind: 'update', ids, change: { isTrashed: false } }),
  on_album_update: ({ albumId }: { albumId: string }) => tell({ kind: 'album', albumId }),
  on_notification: () => void news.refresh(),
  on_session_delete: () => void session.signOut(),
  // Into maintenance, or out of it: the server begins anew, in about a second.
  AppRestartV1: () => setTimeout(() => void connection.look(), 1500),
};

/** Returns what ends it. */
export function live(): () => void {
  let stop = () => undefined as void;
  const start = () => {
    void news.refresh();
    // Nobody says again what was said while the connection was away: to a laptop that slept, for instance.
    stop = listenAt('/api/socket.io', TOLD, () => {
      refresh();
      void news.refresh();
    });
  };
  let calledOff = () => undefined as void;
  const later = setTimeout(() => (calledOff = whenIdle(start)), 1500);
  return () => {
    clearTimeout(later);
    calledOff();
    stop();
  };
}
