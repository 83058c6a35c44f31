/**
 * What the client says, in the person's language. One JSON file a page and language; English is the source, and the
 * type checker refuses another language that lacks a text. `{name}` is filled in; `{ "one": …, "other": … }` is chosen
 * by `count`.
 */
import type en from './en';

export type Messages = typeof en;

type Leaf = string | { other: string };
type Keys<T, Prefix extends string = ''> = {
  [K in keyof T & string]: T[K] extends Leaf ? `${Prefix}${K}` : Keys<T[K], `${Prefix}${K}.`>;
}[keyof T & string];
export type MessageKey = Keys<Messages>;

export const LANGUAGES = { en: 'English', de: 'Deutsch' } as const;
export type Language = keyof typeof LANGUAGES;

/** Scripts that run from right to left, for languages to come. */
const RIGHT_TO_LEFT = ['ar', 'fa', 'he', 'ur'];

const load: Record<Language, () => Promise<{ default: Messages }>> = {
  en: () => import('./en'),
  de: () => import('./de'),
};

class Current {
  language = $state<Language>('en');
  /** The language with the region of the browser, if it speaks it: dates in `en-GB` are not those of `en-US`. */
  locale = $state('en');
  table = $state.raw<Messages | undefined>();
  // The browser takes its time to make the first of these: they are made when something is counted.
  #plural: Intl.PluralRules | undefined;
  #number: Intl.NumberFormat | undefined;

  get plural(): Intl.PluralRules {
    return (this.#plural ??= new Intl.PluralRules(this.language));
  }

  get number(): Intl.NumberFormat {
    return (this.#number ??= new Intl.NumberFormat(this.locale));
  }

  use(language: Language, table: Messages): void {
    this.table = table;
    this.language = language;
    this.locale = navigator.languages.find((tag) => tag.startsWith(language)) ?? language;
    this.#plural = this.#number = undefined;
  }
}

export const current = new Current();

/** The language that was chosen here, or the first of the browser's that we have. */
export function preferredLanguage(): Language {
  const wanted = [localStorage.getItem('language') ?? '', ...navigator.languages];
  const found = wanted.map((tag) => tag.slice(0, 2)).find((tag) => tag in LANGUAGES);
  return (found as Language | undefined) ?? 'en';
}

export async function useLanguage(language: Language): Promise<void> {
  const { default: table } = await load[language]();
  current.use(language, table);
  document.documentElement.lang = language;
  document.documentElement.dir = RIGHT_TO_LEFT.includes(language) ? 'rtl' : 'ltr';
}

export function chooseLanguage(language: Language): Promise<void> {
  localStorage.setItem('language', language);
  return useLanguage(language);
}

/** The text of a key. */
export function t(key: MessageKey, values: Record<string, string | number> = {}): string {
  let found: unknown = current.table;
  for (const part of key.split('.')) found = (found as Record<string, unknown> | undefined)?.[part];
  if (found && typeof found === 'object') {
    const forms = found as Record<string, string>;
    const count = Number(values['count'] ?? 0);
    found = (count === 0 ? forms['zero'] : undefined) ?? forms[current.plural.select(count)] ?? forms['other'];
  }
  if (typeof found !== 'string') return key;
  return found.replace(/\{(\w+)\}/g, (all, name: string) => {
    const value = values[name];
    return value === undefined ? all : typeof value === 'number' ? current.number.format(value) : value;
  });
}
