import { readFile } from 'node:fs/promises';
import { deployedWallTime } from '@mcp-everywhere/testkit/deployed';
import { expect, it } from 'vitest';

// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
it('hides a message for six times as long as the function that runs it may take', async () => {
  const template = await readFile(new URL('../../../infra/sam/template.yaml', import.meta.url), 'utf8');
  const [, hidden] = /^ +VisibilityTimeout: (\d+)$/m.exec(template) ?? [];
  expect(Number(hidden) * 1000).toBe(6 * (await deployedWallTime('lambda')));
});
