import { fileURLToPath } from 'node:url';
import { TARGETS } from '@mcp-everywhere/platform';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The lanes of the apps come first: they take longest, and one that comes last has the machine to itself. */
class AppsFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isApp = ({ moduleId }: TestSpecification) => TARGETS.some((target) => moduleId.endsWith(`/${target}.e2e.ts`));
    return [...sorted.filter(isApp), ...sorted.filter((file) => !isApp(file))];
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts', 'e2e/**/*.e2e.ts'],
    // Loaded as it is, vitest looks into its default export, which throws where KV_REST_API_URL is not set.
    server: { deps: { inline: ['@vercel/kv'] } },
    // Programs are launched by the hundred: their TypeScript is stripped and compiled once.
    env: { NODE_COMPILE_CACHE: fileURLToPath(new URL('node_modules/.cache/compiled', import.meta.url)) },
    // They wait most of their time, and yet the stores' own time limits have to hold; of the lanes four are run at once.
    maxWorkers: 3,
    sequence: { sequencer: AppsFirst },
    // fetch_page gives a page that does not answer 8 s.
    testTimeout: 20_000,
    // Launching: see READY_WITHIN_MS.
    hookTimeout: 90_000,
  },
});
