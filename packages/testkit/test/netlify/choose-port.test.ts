import { expect, it } from 'vitest';
import { LOOPBACK } from '../../src/launch/port.ts';
import { choosePort } from '../../src/netlify/choose-port.ts';
import { answeringServer } from '../state/stand-ins.ts';

it('is the port that was asked for, or any free one for 0', async () => {
  const port = await choosePort(LOOPBACK, 0);
  expect(port).toBeGreaterThan(0);
  expect(await choosePort(LOOPBACK, port)).toBe(port);
});

it('is none that somebody has', async () => {
  const { port } = new URL(await answeringServer((_request, response) => response.end()));
  await expect(choosePort(LOOPBACK, Number(port))).rejects.toThrow(`Port ${port} on 127.0.0.1 is taken`);
});
