/** What a hook is given: it may change some of it. */
type HookContext = Record<string, unknown>;
type HookCallback = (context: HookContext) => unknown;
type FunctionCallback = (...inputs: unknown[]) => unknown;

/** What a function is bound to, as far as it is heeded here. */
export interface Binding {
  readonly type: string;
  readonly direction: 'in' | 'out';
  readonly route?: string;
  readonly methods?: readonly string[];
  readonly authLevel?: string;
  readonly queueName?: string;
  readonly connection?: string;
}

/** A function as the programming model registers it. */
export interface RegisteredFunction {
  readonly metadata: { readonly name: string; readonly bindings: Readonly<Record<string, Binding>> };
  readonly callback: FunctionCallback;
}

/** What is known of an invocation when it begins. */
export interface CoreInvocationContext {
  readonly invocationId: string;
  readonly request: object;
  readonly metadata: RegisteredFunction['metadata'];
  state?: string | undefined;
  log(level: string, category: string, message: string): void;
}

interface InvocationModel {
  getArguments(): Promise<{ readonly context: unknown; readonly inputs: unknown[] }>;
  invokeFunction(context: unknown, inputs: unknown[], callback: FunctionCallback): Promise<unknown>;
  getResponse(context: unknown, result: unknown): Promise<unknown>;
}

/** What `@azure/functions` is to the worker. */
interface ProgrammingModel {
  getInvocationModel(context: CoreInvocationContext): InvocationModel | Promise<InvocationModel>;
  getCapabilities?(capabilities: Record<string, string>): Promise<Record<string, string>>;
}

/** What the app has told the worker by way of {@link coreApi}. */
export interface RegisteredApp {
  readonly functions: Map<string, RegisteredFunction>;
  readonly model: ProgrammingModel | undefined;
  /** Runs the hooks of a name, in their order, on one context. */
  runHooks(name: string, context: HookContext): Promise<void>;
  /** From then on no function can be registered. */
  lock(): void;
}

/**
 * The module `@azure/functions-core`, which exists nowhere but in the worker: how `@azure/functions` talks to it. Written
 * from what the library calls and what the worker of Azure/azure-functions-nodejs-worker does.
 *
 * @param log takes what the app and the library log
 */
export function coreApi(log: (level: string, category: string, message: string) => void) {
  const functions = new Map<string, RegisteredFunction>();
  const hooks = new Map<string, HookCallback[]>();
  let model: ProgrammingModel | undefined;
  let locked = false;

  class Disposable {
    readonly #dispose: () => void;
    constructor(dispose: () => void) {
      this.#dispose = dispose;
    }
    dispose(): void {
      this.#dispose();
    }
  }

  const api = {
    version: '3.0.0',
    hostVersion: '4.0.0',
    Disposable,
    log,
    setProgrammingModel(given: ProgrammingModel) {
      model = given;
    },
    getProgrammingModel: () => model,
    registerFunction(metadata: RegisteredFunction['metadata'], callback: FunctionCallback) {
      const { name } = metadata;
      if (locked) throw new Error('A function can only be registered during app startup.');
      if (functions.has(name)) throw new Error(`A function with id "${name}" has already been registered.`);
      functions.set(name, { metadata, callback });
      return new Disposable(() => functions.delete(name));
    },
    registerHook(name: string, callback: HookCallback) {
      const callbacks = hooks.get(name) ?? [];
      hooks.set(name, callbacks);
      callbacks.push(callback);
      return new Disposable(() => callbacks.splice(callbacks.indexOf(callback), 1));
    },
  };
  const app: RegisteredApp = {
    functions,
    get model() {
      return model;
    },
    async runHooks(name, context) {
      for (const callback of hooks.get(name) ?? []) await callback(context);
    },
    lock() {
      locked = true;
    },
  };
  return { api, app };
}
