import { expect, it } from 'vitest';
import { refuseVirtualMachine } from '../../src/container/docker.ts';

it('takes an engine on Linux, and none in a virtual machine', () => {
  refuseVirtualMachine('Debian GNU/Linux 12 (bookworm)');
  expect(() => refuseVirtualMachine('Docker Desktop')).toThrow(/virtual machine.*Run this on Linux/);
});
