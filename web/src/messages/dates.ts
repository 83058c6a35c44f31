/**
 * Days and months of the first screen, in the languages that we have. `Intl` writes them as well, but a browser takes a
 * tenth of a second on a phone to make its first format, just when the first photos are to be drawn.
 */
import { current, type Language } from './messages.svelte';

interface Names {
  months: string[];
  short: string[];
  weekdays: string[];
  /** Month and day, the short or the long name. */
  day: (day: number, month: string) => string;
  /** After `day`. */
  year: string;
}

const words = (text: string) => text.split(' ');
const EN = {
  months: words('January February March April May June July August September October November December'),
  short: words('Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'),
  weekdays: words('Sun Mon Tue Wed Thu Fri Sat'),
};
const BRITISH: Names = { ...EN, day: (day, month) => `${day} ${month}`, year: ' ' };
const AMERICAN: Names = { ...EN, day: (day, month) => `${month} ${day}`, year: ', ' };
const GERMAN: Names = {
  months: words('Januar Februar März April Mai Juni Juli August September Oktober November Dezember'),
  short: words('Jan. Feb. März Apr. Mai Juni Juli Aug. Sept. Okt. Nov. Dez.'),
  weekdays: words('So. Mo. Di. Mi. Do. Fr. Sa.'),
  day: (day, month) => `${day}. ${month}`,
  year: ' ',
};

const NAMES: Record<Language, () => Names> = {
  en: () => (/^en-(US|PH)$/.test(current.locale) || current.locale === 'en' ? AMERICAN : BRITISH),
  de: () => GERMAN,
};

const names = () => NAMES[current.language]();

/** `November 2026` */
export function formatMonth(key: string): string {
  const date = new Date(key);
  return `${names().months[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
}

/** `Thu, 26 Nov`, and the year if it is not this one. */
export function formatDay(time: number): string {
  const { weekdays, short, day, year } = names();
  const date = new Date(time);
  const isThisYear = date.getUTCFullYear() === new Date().getFullYear();
  return `${weekdays[date.getUTCDay()]}, ${day(date.getUTCDate(), short[date.getUTCMonth()] ?? '')}${isThisYear ? '' : year + date.getUTCFullYear()}`;
}

/** `26 November 2026` */
export function formatLongDay(time: number): string {
  const { months, day, year } = names();
  const date = new Date(time);
  return `${day(date.getUTCDate(), months[date.getUTCMonth()] ?? '')}${year}${date.getUTCFullYear()}`;
}
