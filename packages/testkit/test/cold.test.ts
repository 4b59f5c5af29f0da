import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { expect, it } from 'vitest';

const COLD = fileURLToPath(new URL('../bench/cold/cold.ts', import.meta.url));

it('bench:cold refuses a target that there is none of, and names those there are', async () => {
  const { exitCode, stdout, stderr } = await execa('node', [COLD, '--check', 'lamda', 'node'], { reject: false });
  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
  expect(stderr).toMatch(/^There is no target lamda\. The targets: node, bun, .*, lambda, vercel\.$/);
});
