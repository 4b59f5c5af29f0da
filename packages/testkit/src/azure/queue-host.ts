import type { LoadedApp } from './http-host.ts';
import type { QueueFunction } from './messages.ts';
import { type QueueListener, type QueueMessage, queueListener } from './queue-listener.ts';
import { newTraceParent } from './trace-parent.ts';

/** The back of the host: hands the messages of queues to the functions that they trigger. */
export interface QueueHost {
  /** Listens to the queues of this app, and no more to those of another. */
  serve(app: LoadedApp): void;
  /** Takes no further message, and resolves when none is with a function. */
  stop(): Promise<void>;
}

/**
 * @param loaded what a message is handed to: the app as it is then
 * @param environment where a trigger finds the connection it names; only connection strings are known here
 * @param report learns what the host would write to its log
 */
export function queueHost(
  loaded: () => Promise<LoadedApp>,
  environment: Readonly<Record<string, string>>,
  report: (error: Error) => void,
): QueueHost {
  let listeners: QueueListener[] = [];

  async function execute({ name }: QueueFunction, message: QueueMessage): Promise<void> {
    const { worker, settings } = await loaded();
    const { functionTimeoutMs } = settings;
    const kill = functionTimeoutMs === undefined ? undefined : setTimeout(() => void worker.kill(), functionTimeoutMs);
    try {
      await worker.invoke({
        id: crypto.randomUUID(),
        functionName: name,
        trigger: { kind: 'queue', ...message },
        traceParent: newTraceParent(),
        traceState: '',
      });
    } finally {
      clearTimeout(kill);
    }
  }

  const stop = async () => {
    await Promise.all(listeners.map((listener) => listener.stop()));
  };
  return {
    serve({ worker, settings }) {
      void stop();
      listeners = worker.functions.queue.map((called) => {
        const { [called.connection]: connectionString } = environment;
        if (connectionString === undefined) {
          throw new Error(`The function "${called.name}" names a connection that is not set: ${called.connection}`);
        }
        const options = { connectionString, queueName: called.queueName, settings: settings.queues };
        return queueListener(options, (message) => execute(called, message), report);
      });
    },
    stop,
  };
}
