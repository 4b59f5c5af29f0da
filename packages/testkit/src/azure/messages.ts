/** An HTTP-triggered function, as the app registered it. */
export interface HttpFunction {
  readonly name: string;
  readonly route?: string | undefined;
  readonly methods: readonly string[];
  readonly authLevel: 'anonymous' | 'function' | 'admin';
}

/** One call of a function. The request itself goes to the worker's own HTTP server, with the id of the invocation on it. */
export interface Invocation {
  readonly id: string;
  readonly functionName: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly routeParameters: Readonly<Record<string, string>>;
  readonly traceParent: string;
  readonly traceState: string;
}

/** What the host tells the worker. (The real one does so by gRPC: FunctionRpc.proto in Azure/azure-functions-language-worker-protobuf.) */
export type ToWorker =
  | { readonly kind: 'invoke'; readonly invocation: Invocation }
  /** Runs what the app wants done at its end, and ends. */
  | { readonly kind: 'terminate' };

/** What the worker tells the host. */
export type FromWorker =
  /** The app is loaded; `httpUri` is where the worker takes requests. */
  | { readonly kind: 'ready'; readonly functions: readonly HttpFunction[]; readonly httpUri: string }
  /** The app cannot be loaded. */
  | { readonly kind: 'failed'; readonly message: string }
  /** An invocation has ended; `error` where it failed. */
  | { readonly kind: 'done'; readonly id: string; readonly error?: string };
