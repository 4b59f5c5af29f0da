import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { startCoreTools, takesAddress } from '../../src/azure/core-tools.ts';
import { LOOPBACK } from '../../src/launch/port.ts';

it.each([
  ['4.0.6594', false],
  ['4.13.2', false],
  ['4.14.0', true],
  ['4.100.0', true],
  ['5.0.0-preview.3', true],
])('takes Core Tools %s to have --address: %s', (version, has) => {
  expect(takesAddress(version)).toBe(has);
});

it('starts nothing on a port that is taken', async () => {
  const other = createServer().listen(0, LOOPBACK);
  await once(other, 'listening');
  onTestFinished(() => void other.close());
  const address = other.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const options = { directory: 'none', stateDirectory: 'none', environment: {}, port };
  for (const host of [LOOPBACK, 'localhost', '0.0.0.0']) {
    await expect(startCoreTools({ ...options, host })).rejects.toThrow(`Port ${port} is taken by another process`);
  }
});
