/** A state engine on this machine: a test stops it and starts it again to see what an outage does. */
export interface Engine {
  /** The same at every start. */
  readonly url: string;
  /** Ends it at once, with the connections to it, and waits until its port is free. */
  stop(): Promise<void>;
  /** Starts it again on the same port. */
  start(): Promise<void>;
}
