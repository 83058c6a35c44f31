/** Looks how maintenance goes, until it is over. */
import { connection, isMaintained } from '../../api/connection.svelte';
import type { MaintenanceStatusResponseDto } from '../../api/schema';
import { firstRun } from '../../app/session.svelte';
import { isAnythingKept } from '../../design/unsaved';
import { tell } from '../../photos/changes';
import { ask, listBackups } from './backups';

const EVERY = 1000;

export class Watch {
  status = $state.raw<MaintenanceStatusResponseDto>();
  /** Has a pass, or is an administrator; unknown at first. */
  mayMaintain = $state<boolean>();
  /** There is no account yet. */
  isNew = $state(false);
  /** It begins anew, or is away. */
  isAway = $state(false);
  #wasRestoring = false;

  /** Returns what ends it. */
  start(): () => void {
    let timer: ReturnType<typeof setTimeout>;
    let isOver = false;
    const look = async () => {
      const isDone = await this.#look().catch(() => undefined);
      this.isAway = isDone === undefined;
      if (isOver) return;
      if (isDone) this.#end();
      else timer = setTimeout(() => void look(), EVERY);
    };
    void look();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }

  /** Whether it is over. */
  async #look(): Promise<boolean> {
    const status = await ask<MaintenanceStatusResponseDto>('GET', '/admin/maintenance/status');
    if (!status.active) return !(await isMaintained());
    if (this.mayMaintain === undefined) {
      const { isInitialized } = await ask<{ isInitialized: boolean }>('GET', '/server/config');
      this.isNew = !isInitialized;
      this.mayMaintain = await listBackups().then(() => true, () => false);
    }
    this.status = status;
    this.#wasRestoring ||= status.action === 'restore_database';
    return false;
  }

  #end(): void {
    if (this.#wasRestoring) firstRun.end();
    // Another history may have come: nothing of what the page knows is surely true. Only what was typed is worth keeping it.
    if (!this.#wasRestoring && isAnythingKept() && location.pathname !== '/maintenance') {
      connection.endMaintenance();
      tell({ kind: 'refresh' });
    } else if (location.pathname === '/maintenance') location.replace('/');
    else location.reload();
  }
}
