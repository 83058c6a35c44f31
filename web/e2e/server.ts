/** A server of a story's own, for what changes too much for the others. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';

/** Where the models are that servers look with, if there are any. */
export const models = process.env.HEIRLOOM__INFERENCE__MODELS;

export async function serve(data: string): Promise<{ server: ChildProcess; address: string }> {
  const env = { ...process.env, HEIRLOOM__LISTEN: '127.0.0.1:0', HEIRLOOM__LOG__LEVEL: 'error', HEIRLOOM__VISION__ENABLED: 'true' };
  const server = spawn(process.env.BINARY ?? '', ['serve', '--data', data], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: server.stdout })) {
    const address = /^Heirloom is at (\S+)$/.exec(line)?.[1];
    if (address) return { server, address };
  }
  throw new Error('the server ended');
}
