/** Dates, sizes and lengths as people of the chosen language write them. */
import { current } from './messages.svelte';

const formats = new Map<string, Intl.DateTimeFormat>();

/** Times in the library are local to where a photo was taken; they are kept and written as if that were UTC. */
export function formatDate(time: number | Date, options: Intl.DateTimeFormatOptions): string {
  const key = current.locale + JSON.stringify(options);
  let format = formats.get(key);
  if (!format) formats.set(key, (format = new Intl.DateTimeFormat(current.locale, { timeZone: 'UTC', ...options })));
  return format.format(time);
}

/** A moment, in the time zone of the person who looks. */
export function formatMoment(time: string | Date, options: Intl.DateTimeFormatOptions = { dateStyle: 'medium', timeStyle: 'short' }): string {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return formatDate(new Date(time), { timeZone: zone, ...options });
}

export function formatNumber(value: number, options?: Intl.NumberFormatOptions): string {
  return options ? new Intl.NumberFormat(current.locale, options).format(value) : current.number.format(value);
}

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = value < 10 && unit > 0 ? 1 : 0;
  return formatNumber(value, { style: 'unit', unit: UNITS[unit] ?? 'byte', unitDisplay: 'short', maximumFractionDigits: digits });
}

/** `1:05`, `1:02:03` */
export function formatLength(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  const parts = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60];
  const shown = parts[0] ? parts : parts.slice(1);
  return shown.map((part, index) => (index ? String(part).padStart(2, '0') : String(part))).join(':');
}

export function formatList(items: string[]): string {
  return new Intl.ListFormat(current.locale, { type: 'conjunction' }).format(items);
}
