import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { connect, isIP, type Socket, type TcpNetConnectOpts } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { exchange } from './http-exchange.ts';
import { type AddressCheck, type Network, NetworkFailure } from './network.ts';

interface SocketNetworkOptions {
  /**
   * Connect to the very addresses that were checked. Without it the runtime resolves the name a second time, and only
   * the check of the connected peer stands against a name that changed in between.
   */
  readonly pinAddresses: boolean;
  /** Resolves a name to its addresses; the system's resolver where left out. */
  readonly resolve?: (hostname: string) => Promise<readonly string[]>;
}

/**
 * HTTP over a socket whose peer was checked before a byte was written. The `fetch` of Node, Bun and Deno takes no part
 * in it, because none of them lets the address it connects to be checked.
 *
 * Each request has a connection of its own: one kept alive might have been opened under another tool's permission.
 */
export function socketNetwork({ pinAddresses, resolve = systemResolve }: SocketNetworkOptions): Network {
  async function openChecked(url: URL, check: AddressCheck): Promise<Socket> {
    const host = hostOf(url);
    const addresses = isIP(host) ? [host] : await resolve(host);
    for (const address of addresses) check(address);
    return openSocket(url, check, pinAddresses ? answerWith(addresses) : undefined);
  }

  return {
    async fetch(request, checkAddress) {
      const { url, signal } = request;
      signal?.throwIfAborted();
      try {
        const opening = checkAddress ? openChecked(url, checkAddress) : openSocket(url);
        return await exchange(await unlessAborted(opening, signal), request);
      } catch (error) {
        signal?.throwIfAborted();
        throw asNetworkFailure(error);
      }
    },
  };
}

type Lookup = NonNullable<TcpNetConnectOpts['lookup']>;

async function openSocket(url: URL, check?: AddressCheck, lookup?: Lookup): Promise<Socket> {
  const secure = url.protocol === 'https:';
  const socket = connect({
    host: hostOf(url),
    port: Number(url.port || (secure ? 443 : 80)),
    ...(lookup && { lookup }),
  });
  await once(socket, 'connect');
  // From here to the request nobody else listens, and an unheard 'error' ends the process.
  socket.on('error', () => {});
  try {
    check?.(socket.remoteAddress ?? '');
    return secure ? await overTls(socket, hostOf(url)) : socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** An IPv6 address stands in brackets in a URL, and nowhere else. */
function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

async function systemResolve(hostname: string): Promise<readonly string[]> {
  try {
    return (await lookup(hostname, { all: true })).map(({ address }) => address);
  } catch (error) {
    // Deno counts a lookup as access to every port: with `--allow-net=host:443` it is refused, the connection is not.
    if (errorCode(error) === 'EPERM') return [];
    throw error;
  }
}

/** A `lookup` that knows one answer, in the two forms the caller may ask for. */
function answerWith(addresses: readonly string[]): Lookup {
  const answers = addresses.map((address) => ({ address, family: isIP(address) }));
  return (_hostname, options, callback) => {
    const [first] = answers;
    if (!first) callback(Object.assign(new Error('No address'), { code: 'ENOTFOUND' }), '', 0);
    else if (options.all) callback(null, answers);
    else callback(null, first.address, first.family);
  };
}

async function overTls(socket: Socket, host: string): Promise<Socket> {
  // An address is no server name (RFC 6066); `host` is what the certificate is checked against either way.
  const servername = isIP(host) ? '' : host;
  const secured = connectTls({ socket, host, servername, ALPNProtocols: ['http/1.1'] });
  await once(secured, 'secureConnect');
  return secured;
}

/** Settles as `opening` does, but at once when the signal fires; a socket that comes too late is closed. */
function unlessAborted(opening: Promise<Socket>, signal: AbortSignal | undefined): Promise<Socket> {
  if (!signal) return opening;
  return new Promise((resolve, reject) => {
    const abort = () => {
      reject(signal.reason);
      opening.then((socket) => socket.destroy()).catch(() => {});
    };
    signal.addEventListener('abort', abort, { once: true });
    opening.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

const REASONS: Record<string, string> = {
  ENOTFOUND: 'its name could not be resolved',
  EAI_AGAIN: 'its name could not be resolved at the moment',
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was closed before a response came',
  EHOSTUNREACH: 'there is no route to it',
  ENETUNREACH: 'there is no route to it',
  ETIMEDOUT: 'the connection timed out',
};

/** The check's own errors pass unchanged; those of the system and of TLS become a reason fit to be read. */
function asNetworkFailure(error: unknown): unknown {
  const code = errorCode(error);
  if (code === undefined) return error;
  const reason =
    REASONS[code] ??
    (/CERT|SELF_SIGNED|TLS|SSL/.test(code)
      ? `its TLS certificate or handshake was not accepted (${code})`
      : `the request failed (${code})`);
  return new NetworkFailure(reason, { cause: error });
}

function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
