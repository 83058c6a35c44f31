/**
 * What a person has chosen not to see, and what this server does not offer. Until that is known, everything is there.
 * Whether something stands in the side navigation (`sidebarWeb`) is another client's choice: here it would leave a page
 * that is on without a way to it.
 */
import { session } from './session.svelte';

const HIDDEN: Record<string, () => boolean | undefined> = {
  '/people': () => session.preferences?.people.enabled === false,
  '/memories': () => session.preferences?.memories.enabled === false,
  '/tags': () => session.preferences?.tags.enabled === false,
  '/folders': () => session.preferences?.folders.enabled === false,
  '/shared-links': () => session.preferences?.sharedLinks.enabled === false,
  '/map': () => session.features?.map === false,
};

/** Whether the page at a path is offered. */
export const isShown = (path: string): boolean => !HIDDEN[path]?.();
