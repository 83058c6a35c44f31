/** The settings of the server that take effect, grouped as a person looks for them. A `path` is that of `/system-config`. */
import type { SystemConfigDto } from '../../../api/schema';
import type { MessageKey } from '../../../messages/messages.svelte';

/** `system.<path>.label` is its name, `.hint` says more. */
type Paths<Key extends string> = Key extends `system.${infer Path}.label` ? Path : never;
export type FieldPath = Paths<MessageKey>;

export interface Field {
  path: FieldPath;
  kind: 'switch' | 'text' | 'address' | 'secret' | 'number' | 'share' | 'minutes' | 'schedule' | 'long' | 'choice';
  least?: number;
  most?: number;
  /** Values of a choice; `system.<path>.choices.<value>` names each. */
  choices?: readonly string[];
  /** Shown only while that switch is on. */
  needs?: FieldPath;
}

export interface Group {
  name: 'access' | 'server' | 'oauth' | 'mail' | 'backup' | 'checks' | 'libraries' | 'media' | 'trash' | 'look';
  fields: readonly Field[];
}

export const GROUPS: readonly Group[] = [
  {
    name: 'server',
    fields: [
      { path: 'server.externalDomain', kind: 'address' },
      { path: 'server.loginPageMessage', kind: 'long' },
      { path: 'server.publicUsers', kind: 'switch' },
    ],
  },
  {
    name: 'trash',
    fields: [
      { path: 'trash.enabled', kind: 'switch' },
      { path: 'trash.days', kind: 'number', least: 0, needs: 'trash.enabled' },
    ],
  },
  {
    name: 'media',
    fields: [
      { path: 'storageTemplate.template', kind: 'text' },
      { path: 'ffmpeg.transcode', kind: 'choice', choices: ['required', 'disabled'] },
      { path: 'nightlyTasks.generateMemories', kind: 'switch' },
      { path: 'map.enabled', kind: 'switch' },
    ],
  },
  {
    name: 'backup',
    fields: [
      { path: 'backup.database.enabled', kind: 'switch' },
      { path: 'backup.database.cronExpression', kind: 'schedule', needs: 'backup.database.enabled' },
      { path: 'backup.database.keepLastAmount', kind: 'number', least: 1, needs: 'backup.database.enabled' },
    ],
  },
  {
    name: 'checks',
    fields: [
      { path: 'integrityChecks.checksumFiles.enabled', kind: 'switch' },
      { path: 'integrityChecks.checksumFiles.cronExpression', kind: 'schedule', needs: 'integrityChecks.checksumFiles.enabled' },
      { path: 'integrityChecks.checksumFiles.timeLimit', kind: 'minutes', least: 0, needs: 'integrityChecks.checksumFiles.enabled' },
      { path: 'integrityChecks.checksumFiles.percentageLimit', kind: 'share', least: 0, most: 100, needs: 'integrityChecks.checksumFiles.enabled' },
      { path: 'integrityChecks.missingFiles.enabled', kind: 'switch' },
      { path: 'integrityChecks.missingFiles.cronExpression', kind: 'schedule', needs: 'integrityChecks.missingFiles.enabled' },
      { path: 'integrityChecks.untrackedFiles.enabled', kind: 'switch' },
      { path: 'integrityChecks.untrackedFiles.cronExpression', kind: 'schedule', needs: 'integrityChecks.untrackedFiles.enabled' },
    ],
  },
  {
    name: 'libraries',
    fields: [
      { path: 'library.watch.enabled', kind: 'switch' },
      { path: 'library.scan.enabled', kind: 'switch' },
      { path: 'library.scan.cronExpression', kind: 'schedule', needs: 'library.scan.enabled' },
    ],
  },
  { name: 'access', fields: [{ path: 'passwordLogin.enabled', kind: 'switch' }] },
  {
    name: 'oauth',
    fields: [
      { path: 'oauth.enabled', kind: 'switch' },
      { path: 'oauth.issuerUrl', kind: 'address', needs: 'oauth.enabled' },
      { path: 'oauth.clientId', kind: 'text', needs: 'oauth.enabled' },
      { path: 'oauth.clientSecret', kind: 'secret', needs: 'oauth.enabled' },
      { path: 'oauth.scope', kind: 'text', needs: 'oauth.enabled' },
      { path: 'oauth.buttonText', kind: 'text', needs: 'oauth.enabled' },
      { path: 'oauth.autoRegister', kind: 'switch', needs: 'oauth.enabled' },
      { path: 'oauth.autoLaunch', kind: 'switch', needs: 'oauth.enabled' },
    ],
  },
  {
    name: 'mail',
    fields: [
      { path: 'notifications.smtp.enabled', kind: 'switch' },
      { path: 'notifications.smtp.from', kind: 'text', needs: 'notifications.smtp.enabled' },
      { path: 'notifications.smtp.replyTo', kind: 'text', needs: 'notifications.smtp.enabled' },
      { path: 'notifications.smtp.transport.host', kind: 'text', needs: 'notifications.smtp.enabled' },
      { path: 'notifications.smtp.transport.port', kind: 'number', least: 0, most: 65_535, needs: 'notifications.smtp.enabled' },
      { path: 'notifications.smtp.transport.secure', kind: 'switch', needs: 'notifications.smtp.enabled' },
      { path: 'notifications.smtp.transport.username', kind: 'text', needs: 'notifications.smtp.enabled' },
      { path: 'notifications.smtp.transport.password', kind: 'secret', needs: 'notifications.smtp.enabled' },
      { path: 'notifications.smtp.transport.ignoreCert', kind: 'switch', needs: 'notifications.smtp.enabled' },
      { path: 'templates.email.welcomeTemplate', kind: 'long', needs: 'notifications.smtp.enabled' },
      { path: 'templates.email.albumInviteTemplate', kind: 'long', needs: 'notifications.smtp.enabled' },
      { path: 'templates.email.albumUpdateTemplate', kind: 'long', needs: 'notifications.smtp.enabled' },
    ],
  },
  { name: 'look', fields: [{ path: 'theme.customCss', kind: 'long' }] },
];

type Value = string | number | boolean | null;

export function valueAt(config: SystemConfigDto, path: string): Value {
  return path.split('.').reduce<unknown>((value, part) => (value as Record<string, unknown> | undefined)?.[part], config) as Value;
}

/** A copy with one value changed. */
export function withValue(config: SystemConfigDto, path: string, value: Value): SystemConfigDto {
  const changed = structuredClone(config);
  const parts = path.split('.');
  const last = parts.pop() ?? '';
  const inside = parts.reduce<Record<string, unknown>>((value, part) => value[part] as Record<string, unknown>, changed as never);
  inside[last] = value;
  return changed;
}

/** What is stored is milliseconds, and a part of one. */
const FACTORS: Partial<Record<Field['kind'], number>> = { minutes: 60_000, share: 0.01 };

export function toText(field: Field, value: Value): string {
  const factor = FACTORS[field.kind];
  return factor && typeof value === 'number' ? String(Math.round(value / factor)) : String(value ?? '');
}

export function fromText(field: Field, text: string): Value {
  if (!['number', 'minutes', 'share'].includes(field.kind)) return text;
  return Number(text) * (FACTORS[field.kind] ?? 1);
}
