/** A tag's value is its path: names with slashes between them. */
import type { TagResponseDto } from '../../api/schema';
import { current } from '../../messages/messages.svelte';

/** As people read a tree: a tag, then what lies inside it. */
export function byPath(tags: TagResponseDto[]): TagResponseDto[] {
  const collator = new Intl.Collator(current.locale, { numeric: true });
  return [...tags].sort((a, b) => collator.compare(a.value, b.value));
}

/** `Travel / Italy/` means `Travel/Italy`. */
export function cleanPath(typed: string): string {
  return typed.split('/').map((part) => part.trim()).filter(Boolean).join('/');
}
