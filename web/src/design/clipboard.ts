import { t } from '../messages/messages.svelte';
import { toasts } from './toasts.svelte';

/** Whether the browser took it. */
export async function copy(text: string): Promise<boolean> {
  // Over plain HTTP, as in many a home, there is no clipboard: what is selected can be copied all the same.
  if (!('clipboard' in navigator)) return copySelected(text);
  return navigator.clipboard.writeText(text).then(() => true, () => copySelected(text));
}

export async function copyAndSay(text: string, done = t('common.copied')): Promise<void> {
  if (await copy(text)) toasts.done(done);
  else toasts.error(t('common.notCopied'));
}

function copySelected(text: string): boolean {
  const before = document.activeElement;
  const field = document.createElement('textarea');
  field.value = text;
  field.className = 'aside-text';
  // Outside the dialog that is open nothing can be selected.
  (before?.closest('dialog') ?? document.body).append(field);
  field.select();
  const isCopied = document.execCommand('copy');
  field.remove();
  if (before instanceof HTMLElement) before.focus({ preventScroll: true });
  return isCopied;
}
