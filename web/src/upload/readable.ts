import { t } from '../messages/messages.svelte';

/** To the browser, sending a file that was moved or changed meanwhile fails as a lost network does: this tells them apart. */
export async function readable(file: File): Promise<void> {
  await file.slice(0, 1).arrayBuffer().catch(() => {
    throw new Error(t('upload.unreadable'));
  });
}
