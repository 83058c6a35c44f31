/** Backups of the database, and what is done with them; also while the server answers nothing else. */
import { connection } from '../../api/connection.svelte';
import { ApiError } from '../../api/errors';
import type { DatabaseBackupDto, DatabaseBackupListResponseDto, MaintenanceAction } from '../../api/schema';
import { formatBytes, formatMoment } from '../../messages/format';
import { t } from '../../messages/messages.svelte';

export type Backup = DatabaseBackupDto;

/** Not as `api` does it: neither is a server that is away waited for, nor is anybody asked to sign in. */
export async function ask<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
  const init: RequestInit = { method, cache: 'no-store' };
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { 'content-type': 'application/json' };
  }
  const response = await fetch(`/api${path}`, init).catch(() => {
    throw new ApiError(0, 'unreachable');
  });
  if (!response.ok) throw await ApiError.from(response);
  const text = await response.text();
  return (text ? JSON.parse(text) : undefined) as Answer;
}

export async function listBackups(): Promise<Backup[]> {
  return (await ask<DatabaseBackupListResponseDto>('GET', '/admin/database-backups')).backups;
}

export const deleteBackup = (name: string) => ask('DELETE', '/admin/database-backups', { backups: [name] });

export const backupAddress = (name: string) => `/api/admin/database-backups/${encodeURIComponent(name)}`;

export function setMaintenance(action: MaintenanceAction, restoreBackupFilename?: string): Promise<unknown> {
  return ask('POST', '/admin/maintenance', { action, restoreBackupFilename });
}

/** From now on, `MaintenanceCover` shows how it goes. */
export async function restore(name: string): Promise<void> {
  await setMaintenance('restore_database', name);
  connection.beginMaintenance();
}

/** When it was made, as its name says; a file that a person has renamed does not. */
export function madeAt(name: string): Date | undefined {
  const found = /(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})\d*Z/.exec(name);
  return found ? new Date(`${found[1]}-${found[2]}-${found[3]}T${found[4]}:${found[5]}:${found[6]}Z`) : undefined;
}

export function titleOf({ filename }: Backup): string {
  const made = madeAt(filename);
  return made ? formatMoment(made) : filename;
}

export function factsOf(backup: Backup): string {
  const size = formatBytes(backup.filesize);
  return madeAt(backup.filename) ? `${size} · ${backup.filename}` : size;
}

/** The server takes no other letters; browsers put some into the names of what they download twice. */
const plainName = (name: string) => name.replace(/[^A-Za-z0-9._-]+/g, '-');

/** Sends a backup that was kept elsewhere. */
export function uploadBackup(file: File, onprogress: (part: number) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', '/api/admin/database-backups/upload');
    request.upload.onprogress = ({ loaded, total }) => onprogress(total ? loaded / total : 0);
    request.onerror = () => reject(new ApiError(0, 'unreachable'));
    request.onload = () => {
      if (request.status < 300) resolve();
      else reject(new ApiError(request.status, reasonOf(request, plainName(file.name))));
    };
    const form = new FormData();
    form.append('file', file, plainName(file.name));
    request.send(form);
  });
}

function reasonOf({ status, responseText }: XMLHttpRequest, name: string): string {
  if (/already/.test(responseText)) return t('maintenance.nameTaken', { name });
  if (status === 400) return t('maintenance.notABackup', { name });
  return responseText;
}
