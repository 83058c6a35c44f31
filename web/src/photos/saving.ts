/** Files for the person's disk. The browser writes them as they come: nothing of them lies in the page's memory. */
import { address } from '../api/client';
import { ApiError } from '../api/errors';
import { toasts } from '../design/toasts.svelte';

/** A file that has an address. */
export function saveFile(url: string): void {
  const link = document.createElement('a');
  link.href = url;
  link.download = '';
  document.body.append(link);
  link.click();
  link.remove();
}

let made = 0;

/**
 * An archive is asked for by a form, whose answer the browser takes for a download. It goes to a frame that nobody sees, so
 * that a refusal, which would be shown instead of the page, can be read and told.
 */
export function saveArchive(assetIds: string[], name: string): void {
  const frame = document.createElement('iframe');
  frame.name = `archive-${++made}`;
  frame.hidden = true;
  frame.title = name;
  document.body.append(frame);
  const form = document.createElement('form');
  Object.assign(form, { method: 'post', action: address('/download/archive'), target: frame.name, hidden: true });
  for (const [key, value] of Object.entries({ assetIds: assetIds.join(','), name })) {
    const field = document.createElement('input');
    Object.assign(field, { type: 'hidden', name: key, value });
    form.append(field);
  }
  document.body.append(form);
  // What is downloaded is shown nowhere; only a refusal is.
  frame.addEventListener('load', () => {
    const shown = frame.contentDocument;
    if (shown?.URL === 'about:blank') return;
    toasts.error(refusal(shown?.body.textContent ?? ''));
    frame.remove();
  });
  form.submit();
  form.remove();
}

/** The server's own words, if it was the server that answered. */
function refusal(text: string): ApiError {
  try {
    const { message } = JSON.parse(text) as { message: string };
    return new ApiError(400, message);
  } catch {
    return new ApiError(0, 'unreachable');
  }
}
