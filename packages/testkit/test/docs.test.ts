import { readFile } from 'node:fs/promises';
import { catalogueSurface } from '@mcp-everywhere/tools/catalogue';
import { expect, it } from 'vitest';
import { targetsPage } from '../docs/targets-page.ts';

it('docs/targets.md is what `pnpm run docs` writes', async () => {
  const page = await readFile(new URL('../../../docs/targets.md', import.meta.url), 'utf8');
  expect(page).toBe(await targetsPage(catalogueSurface));
});
