/** An HTTP-triggered function, as the app registered it. */
export interface HttpFunction {
  readonly name: string;
  readonly route?: string | undefined;
  readonly methods: readonly string[];
  readonly authLevel: 'anonymous' | 'function' | 'admin';
}

/** A function that a queue in Azure Storage triggers, as the app registered it. */
export interface QueueFunction {
  readonly name: string;
  readonly queueName: string;
  /** The setting that leads to the storage account. */
  readonly connection: string;
}

/** The functions of an app, by what triggers them. */
export interface AppFunctions {
  readonly http: readonly HttpFunction[];
  readonly queue: readonly QueueFunction[];
}

/** What a function is called with. */
export type Trigger =
  /** The request itself goes to the worker's own HTTP server, with the id of the invocation on it. */
  | {
      readonly kind: 'http';
      readonly headers: Readonly<Record<string, string>>;
      readonly query: Readonly<Record<string, string>>;
      readonly routeParameters: Readonly<Record<string, string>>;
    }
  /** What is known of the message besides its text goes by the names that the trigger has for it. */
  | { readonly kind: 'queue'; readonly text: string; readonly metadata: Readonly<Record<string, string | number>> };

/** One call of a function. */
export interface Invocation {
  readonly id: string;
  readonly functionName: string;
  readonly trigger: Trigger;
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
  | { readonly kind: 'ready'; readonly functions: AppFunctions; readonly httpUri: string }
  /** The app cannot be loaded. */
  | { readonly kind: 'failed'; readonly message: string }
  /** An invocation has ended; `error` where it failed. */
  | { readonly kind: 'done'; readonly id: string; readonly error?: string };
