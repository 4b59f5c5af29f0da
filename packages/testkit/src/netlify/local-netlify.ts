import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { LIMITS } from '@mcp-everywhere/platform/limits';
import { originOf } from '@mcp-everywhere/platform/process';
import { drained } from '@mcp-everywhere/platform/process/drained';
import { type NetlifyBlobs, startNetlifyBlobs } from '../engines/netlify-blobs.ts';
import { openStateDirectory, type StateDirectory } from '../engines/state-directory.ts';
import { requestUrl } from '../http/request-url.ts';
import { localFunction } from '../lambda/local-function.ts';
import { failed } from '../lambda/reply.ts';
import { listeningPort } from '../launch/listening-port.ts';
import { unpack } from './artifact.ts';
import { openBackground } from './background.ts';
import { eventOf } from './event.ts';
import { type Deployment, frontOf, report } from './front.ts';

/** Environments of a function at once: a page that is slow to fetch holds one. */
const MAX_ENVIRONMENTS = 4;
const BACKGROUND_SECONDS = Number(LIMITS.netlify.jobMs.default) / 1000;
/** https://docs.netlify.com/build/functions/background-functions/: when one that failed is called again. */
const RETRY_AFTER_SECONDS: readonly number[] = [60, 120];
/** What Netlify's build puts around every function. */
export const HANDLER = '___netlify-entry-point.handler';

/** How the functions run on this machine. */
export interface LocalNetlifyOptions {
  /** What `netlify build` left: the archives and their manifest. */
  readonly directory: string;
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  /** A directory for what Netlify Blobs holds, for the unpacked functions, and for calls of background functions. */
  readonly stateDirectory: string;
  /** When a function is killed; a background function has what the limits table says. */
  readonly timeoutSeconds: number;
  /** Environment variables of the functions. */
  readonly environment: Readonly<Record<string, string>>;
  /** When a background function that failed is called again, where Netlify's own times are too long. */
  readonly retryAfterSeconds?: readonly number[];
}

/** The functions on this machine. */
export interface LocalNetlify {
  readonly port: number;
  /** What stands in for Netlify Blobs. */
  readonly blobs: NetlifyBlobs;
  /** Ends every environment at once, as a machine that is lost does; others take their place. */
  killEnvironments(): Promise<void>;
  /** Takes no new request, and resolves when the running ones are answered and the background functions have ended. */
  drain(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Serves what `netlify build` left as Netlify does: on Lambda, one request at a time in each environment, by the routes
 * of the manifest, with a Netlify Blobs that keeps its blobs on disk.
 *
 * A call of a background function that was accepted is made, also when this process is killed meanwhile.
 *
 * Not done: what stands before functions there (redirects, headers, static files, rate limits).
 *
 * @throws {Error} where the port or the state directory is taken, or nothing is built
 */
export async function startLocalNetlify(options: LocalNetlifyOptions): Promise<LocalNetlify> {
  const { directory, host, stateDirectory, timeoutSeconds, environment } = options;
  const { retryAfterSeconds = RETRY_AFTER_SECONDS } = options;
  // The port is taken first, so that a second one does not touch the first one's state.
  const deployment = Promise.withResolvers<Deployment>();
  const server = frontOf(deployment.promise);
  const port = await listeningPort(server, host, options.port);
  const origin = originOf(host, port);

  let state: StateDirectory | undefined;
  const deploy = async (): Promise<Deployment> => {
    state = await openStateDirectory(stateDirectory);
    const blobsDirectory = join(state.path, 'blobs');
    await mkdir(blobsDirectory, { recursive: true });
    const built = await unpack(directory, join(state.path, 'functions'));
    const blobs = await startNetlifyBlobs(blobsDirectory);
    const functions = built.map((one) => {
      const settings = {
        directory: one.directory,
        handler: HANDLER,
        timeoutSeconds: one.invocationMode === 'background' ? BACKGROUND_SECONDS : timeoutSeconds,
        environment: { ...environment, SITE_ID: blobs.siteID, SITE_NAME: 'local', URL: origin },
      };
      return { ...one, running: localFunction(settings, MAX_ENVIRONMENTS) };
    });
    const background = await openBackground({
      directory: join(state.path, 'background'),
      retryAfterSeconds,
      invoke: async (name, request) => {
        const called = functions.find((one) => one.name === name);
        const url = requestUrl(request.target, origin);
        if (called === undefined || url === undefined) return failed('NotFound', `There is no function "${name}"`);
        return called.running.invoke(eventOf(request, url, blobs));
      },
      report,
    });
    return { functions, blobs, background };
  };
  deployment.resolve(deploy());
  const closeServer = () => {
    server.close();
    server.closeAllConnections();
  };
  const { functions, blobs, background } = await deployment.promise.catch((error: unknown) => {
    closeServer();
    state?.release();
    throw error;
  });
  return {
    port,
    blobs,
    async drain() {
      await drained(server);
      await background.settled();
    },
    async killEnvironments() {
      await Promise.all(functions.map(({ running }) => running.killEnvironments()));
    },
    async close() {
      background.close();
      closeServer();
      await Promise.all(functions.map(({ running }) => running.kill()));
      await blobs.stop();
      state?.release();
    },
  };
}
