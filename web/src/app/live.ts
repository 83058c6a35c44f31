/** What the server tells while a page is open. Loaded after the first photos: nothing waits for it. */
import { tell } from '../photos/changes';
import { news } from './news.svelte';
import { session } from './session.svelte';

/** Returns what ends it. */
export function live(): () => void {
  let stop = () => undefined as void;
  let isOver = false;
  const start = async () => {
    void news.refresh();
    const { io } = await import('socket.io-client');
    if (isOver) return;
    const socket = io({ path: '/api/socket.io', transports: ['websocket'], reconnectionDelay: 2000, reconnectionDelayMax: 60_000 });
    const refresh = () => tell({ kind: 'refresh' });
    for (const name of ['on_upload_success', 'on_asset_update', 'on_asset_stack_update', 'on_asset_hidden', 'AssetEditReadyV2']) socket.on(name, refresh);
    socket.on('on_asset_delete', (id: string) => tell({ kind: 'delete', ids: [id] }));
    socket.on('on_asset_trash', (ids: string[]) => tell({ kind: 'update', ids, change: { isTrashed: true } }));
    socket.on('on_asset_restore', (ids: string[]) => tell({ kind: 'update', ids, change: { isTrashed: false } }));
    socket.on('on_album_update', ({ albumId }: { albumId: string }) => tell({ kind: 'album', albumId }));
    socket.on('on_notification', () => void news.refresh());
    socket.on('on_session_delete', () => void session.signOut());
    // Nobody says again what was said while the connection was away: to a laptop that slept, for instance.
    socket.io.on('reconnect', () => {
      refresh();
      void news.refresh();
    });
    stop = () => void socket.close();
  };
  // Without it everything is still there, only later.
  const later = setTimeout(() => void start().catch(() => undefined), 1500);
  return () => {
    isOver = true;
    clearTimeout(later);
    stop();
  };
}
