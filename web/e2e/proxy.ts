/** A way to the server that can be cut, and that can change what is said on it. */
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Way {
  address: string;
  /** As when the network is gone: nothing answers. */
  cut: () => Promise<void>;
  mend: () => Promise<void>;
  /** What the page itself is from now on. */
  change: (page: (text: string) => string) => void;
}

export async function wayTo(base: string): Promise<Way> {
  const target = new URL(base);
  let alter: ((text: string) => string) | undefined;
  let server: Server | undefined;
  let port = 0;

  function begin(): Promise<void> {
    const made = createServer((asked, answer) => {
      const headers = { ...asked.headers, host: target.host };
      const isPage = asked.url === '/' && alter !== undefined;
      if (isPage) delete headers['accept-encoding'];
      const passed = request({ host: target.hostname, port: target.port, method: asked.method, path: asked.url, headers }, (said) => {
        if (!isPage) {
          answer.writeHead(said.statusCode ?? 502, said.headers);
          said.pipe(answer);
          return;
        }
        let text = '';
        said.setEncoding('utf8').on('data', (more: string) => (text += more));
        said.on('end', () => {
          const { 'content-length': _, etag: __, ...kept } = said.headers;
          answer.writeHead(said.statusCode ?? 502, kept);
          answer.end(alter?.(text));
        });
      });
      passed.on('error', () => answer.destroy());
      asked.pipe(passed);
    });
    server = made;
    return new Promise((resolve) =>
      made.listen(port, '127.0.0.1', () => {
        ({ port } = made.address() as AddressInfo);
        resolve();
      }),
    );
  }
  await begin();
  return {
    address: `http://127.0.0.1:${port}`,
    cut: () => new Promise((resolve) => (server?.close(() => resolve()), server?.closeAllConnections())),
    mend: begin,
    change: (page) => (alter = page),
  };
}
