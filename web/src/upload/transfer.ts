/** Sends one file in pieces (tus), and goes on where it stopped: after an outage, and after the session has ended. */
import { api, patiently } from '../api/client';
import { ApiError } from '../api/errors';
import { pause, unless } from '../api/waiting';
import { readable } from './readable';

export interface Transfer {
  file: File;
  sha1: string;
  /** Where the server keeps what arrived before. */
  url: string | undefined;
  onurl: (url: string) => void;
  onprogress: (sent: number) => void;
}

/** Why it was stopped, if what arrived is not wanted any more. */
export const CANCELLED = 'cancelled';

/** Somebody else holds the file, or a piece came torn: so it is a moment later, or not at all. */
const MOMENTARY = [409, 423, 429, 460];
const TRIES = 20;

/** The id of the photo. */
export async function transfer(wanted: Transfer, signal: AbortSignal): Promise<string | undefined> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await patiently(() => send(wanted, signal), signal);
    } catch (error) {
      if (!(error instanceof ApiError) || tries === TRIES) throw error;
      if (error.status === 401) await api.get('/users/me', { signal }); // Asks for the password, and waits for it.
      else if (MOMENTARY.includes(error.status)) await pause(2000, signal);
      else throw error;
    }
  }
}

async function send(wanted: Transfer, signal: AbortSignal): Promise<string | undefined> {
  const tus = await import('tus-js-client');
  signal.throwIfAborted();
  const { file } = wanted;
  const time = new Date(file.lastModified).toISOString();
  let stop = () => undefined as void;
  const work = new Promise<string | undefined>((resolve, reject) => {
    let assetId: string | undefined;
    const upload = new tus.Upload(file, {
      endpoint: '/api/uploads',
      uploadUrl: wanted.url ?? null,
      chunkSize: 32 << 20,
      retryDelays: null,
      storeFingerprintForResuming: false,
      metadata: { filename: file.name, fileCreatedAt: time, fileModifiedAt: time, sha1: wanted.sha1 },
      onUploadUrlAvailable: () => {
        if (!upload.url) return;
        wanted.url = upload.url;
        wanted.onurl(upload.url);
      },
      onProgress: wanted.onprogress,
      onAfterResponse: (_, response) => {
        assetId = response.getHeader('heirloom-asset-id') ?? assetId;
      },
      onSuccess: () => resolve(assetId),
      onError: (error) => void readable(file).then(() => reject(refusal(error)), reject),
    });
    stop = () => void upload.abort(signal.reason === CANCELLED).catch(() => undefined);
    upload.start();
  });
  signal.addEventListener('abort', stop);
  return unless(signal, work).finally(() => signal.removeEventListener('abort', stop));
}

function refusal(error: Error | { originalResponse?: { getBody(): string; getStatus(): number } | null }): ApiError {
  const response = 'originalResponse' in error ? error.originalResponse : undefined;
  const status = response?.getStatus() ?? 0;
  try {
    const { message } = JSON.parse(response?.getBody() ?? '') as { message?: string };
    return new ApiError(status, message ?? `HTTP ${status}`);
  } catch {
    // A proxy's page, or nothing.
    return new ApiError(status, `HTTP ${status}`);
  }
}
