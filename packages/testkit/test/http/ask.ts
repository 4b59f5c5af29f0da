import { request } from 'node:http';
import { text } from 'node:stream/consumers';

/** Asks a server for a target as it stands: `fetch` would make a path of it first. */
export function ask(url: string, target: string): Promise<{ readonly status: number; readonly body: string }> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    request({ hostname, port, path: target, agent: false })
      .once('response', (response) => {
        text(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject);
      })
      .once('error', reject)
      .end();
  });
}
