/** Holds those that come, until somebody lets them all go. */
export interface Gate {
  /** Resolves once all that are expected have come. */
  readonly full: Promise<void>;
  /** Lets go those that have come, and who comes later. */
  open(): void;
  /** Comes, and resolves when it is let go. */
  pass(): Promise<void>;
}

/** @param expected how many have to come until the gate is full */
export function gate(expected: number): Gate {
  const all = Promise.withResolvers<void>();
  const opened = Promise.withResolvers<void>();
  let come = 0;
  return {
    full: all.promise,
    open: () => opened.resolve(),
    pass() {
      come += 1;
      if (come === expected) all.resolve();
      return opened.promise;
    },
  };
}
