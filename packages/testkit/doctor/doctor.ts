import { catalogueSurface } from '@mcp-everywhere/tools/catalogue';
import { diagnose, matrix, problems } from './diagnosis.ts';

/**
 * `pnpm run doctor`: prints which shipped tool runs how on which target, and why not inline where it does not. The exit
 * code is 1 where a tool cannot be served on a target, which is so too where it would have to be a job and is none.
 */
const findings = await diagnose(catalogueSurface);
const found = problems(findings);
process.stdout.write(`${[matrix(findings), '', ...found].join('\n')}\n`);
if (found.length > 0) process.exitCode = 1;
