import { DatabaseSync } from 'node:sqlite';

/** What one process of a machine has at a time. It ends with its process, however that ends: it is SQLite's. */
export interface Lock {
  release(): void;
}

/**
 * Takes a lock.
 *
 * @param file of the lock; it is made, and stays
 * @returns `undefined` where somebody has it
 */
export function takeLock(file: string): Lock | undefined {
  const database = new DatabaseSync(file);
  try {
    database.exec('BEGIN EXCLUSIVE');
    return { release: () => database.close() };
  } catch (error) {
    database.close();
    if (error instanceof Error && error.message.includes('locked')) return undefined;
    throw error;
  }
}
