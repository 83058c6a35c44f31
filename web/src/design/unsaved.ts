/** What was typed and is not saved yet: before it is lost, the person is asked. */
import { t } from '../messages/messages.svelte';
import { confirm } from './Confirm.svelte';

interface Kept {
  isUnsaved: () => boolean;
  /** Another page of ours does not lose it; only the whole document's end does. */
  staysHere: boolean;
}
const kept = new Set<Kept>();

function warn(event: BeforeUnloadEvent): void {
  if ([...kept].some((one) => one.isUnsaved())) event.preventDefault();
}

/** Whatever holds something typed says so while it is there. Returns what ends it, as effects and attachments want it. */
export function keepUnsaved(isUnsaved: () => boolean, { staysHere = false } = {}): () => void {
  const one = { isUnsaved, staysHere };
  if (kept.size === 0) addEventListener('beforeunload', warn);
  kept.add(one);
  return () => {
    kept.delete(one);
    if (kept.size === 0) removeEventListener('beforeunload', warn);
  };
}

/** Whether another page would lose something. */
export function isUnsaved(): boolean {
  return [...kept].some((one) => !one.staysHere && one.isUnsaved());
}

/** Whether the document's end would lose something. */
export function isAnythingKept(): boolean {
  return [...kept].some((one) => one.isUnsaved());
}

export function mayLose(): Promise<boolean> {
  return confirm({ title: t('common.leavePageTitle'), text: t('common.leaveText'), confirm: t('common.leavePage') });
}

/** Asks if there is something to lose. */
export async function mayLeave(): Promise<boolean> {
  return !isUnsaved() || mayLose();
}
