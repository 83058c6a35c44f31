/** What the server tells while a page is open: after the first photos, for which it is not needed. */
import { connection } from '../api/connection.svelte';
import { tell } from '../photos/changes';
import { whenIdle } from './idle';
import { news } from './news.svelte';
import { session } from './session.svelte';

const refresh = () => tell({ kind: 'refresh' });
const TOLD = {
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
  let calledOff = () => undefined as void;
  let isOver = false;
  const start = async () => {
    void news.refresh();
    const { io } = await import('socket.io-client');
    if (isOver) return;
    const socket = io({ path: '/api/socket.io', transports: ['websocket'], reconnectionDelay: 2000, reconnectionDelayMax: 60_000 });
    for (const [name, told] of Object.entries(TOLD)) socket.on(name, told);
    // Nobody says again what was said while the connection was away: to a laptop that slept, for instance.
    socket.io.on('reconnect', () => {
      refresh();
      void news.refresh();
    });
    stop = () => void socket.close();
  };
  // Without it everything is still there, only later.
  const begin = () => void start().catch(() => undefined);
  const later = setTimeout(() => (calledOff = whenIdle(begin)), 1500);
  return () => {
    isOver = true;
    clearTimeout(later);
    calledOff();
    stop();
  };
}
