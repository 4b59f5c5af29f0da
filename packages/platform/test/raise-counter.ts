/** Raises a counter in an SQLite file: `node raise-counter.ts <file> <times>`. The tests run it several times at once. */

import { sqliteStore } from '../src/state/sqlite-node.ts';

const [, , file = '', times = '1'] = process.argv;
const store = sqliteStore(file);
for (let raised = 0; raised < Number(times); ) {
  const held = await store.read('counter');
  const next = String(Number(held?.value ?? 0) + 1);
  if (await store.compareAndSet('counter', held?.version ?? 'absent', next, 60)) raised++;
}
store.close();
