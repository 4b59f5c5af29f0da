const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Imports a module whose dependencies (`when-exit`) answer every signal by raising it once more, which to a process that
 * finishes its requests first is the second one: the one that ends it at once. What they listen with is taken off again.
 */
export async function importWithoutSignals<Module>(load: () => Promise<Module>): Promise<Module> {
  const before = new Set<unknown>(SIGNALS.flatMap((signal) => process.listeners(signal)));
  const loaded = await load();
  for (const signal of SIGNALS) {
    for (const listener of process.listeners(signal)) if (!before.has(listener)) process.off(signal, listener);
  }
  return loaded;
}
