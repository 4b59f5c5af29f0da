import { startNetlifyBlobs } from '../engines/netlify-blobs.ts';

/** Netlify's local Blobs server, corrected, under the name and with the interface by which `netlify-cli` starts it. */
export class BlobsServer {
  readonly #directory: string;
  readonly #token: string;

  constructor({ directory, token }: { readonly directory: string; readonly token: string }) {
    this.#directory = process.env.STATE_PATH ?? directory;
    this.#token = token;
  }

  async start(): Promise<{ readonly port: number }> {
    const { url } = await startNetlifyBlobs(this.#directory, this.#token);
    return { port: Number(new URL(url).port) };
  }
}
