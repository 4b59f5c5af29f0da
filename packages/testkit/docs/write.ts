import { writeFile } from 'node:fs/promises';
import { catalogueSurface } from '@mcp-everywhere/tools/catalogue';
import { targetsPage } from './targets-page.ts';

/** `pnpm run docs`: writes the pages of `docs/` that are made of what the code and the tests read. */
await writeFile(new URL('../../../docs/targets.md', import.meta.url), await targetsPage(catalogueSurface));
