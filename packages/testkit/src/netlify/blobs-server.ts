import { startNetlifyBlobs } from '../engines/netlify-blobs.ts';

/** Netlify's local Blobs server, corrected, under the name and with the interface by which `netlify-cli` starts it. */
export class BlobsServer {
  readonly #token: string;

  constructor({ token }: { readonly token: string }) {
    this.#token = token;
  }

  async start(): Promise<{ readonly port: number }> {
    // Whoever starts the CLI chooses the directory, and keeps others out of it.
    const { STATE_PATH } = process.env;
    if (STATE_PATH === undefined) throw new Error('STATE_PATH does not say where the blobs are kept');
    const { url } = await startNetlifyBlobs(STATE_PATH, this.#token);
    return { port: Number(new URL(url).port) };
  }
}
