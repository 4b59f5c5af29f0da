import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts', 'e2e/**/*.e2e.ts'],
    // Loaded as it is, vitest looks into its default export, which throws where KV_REST_API_URL is not set.
    server: { deps: { inline: ['@vercel/kv'] } },
    // They wait most of their time, and yet the stores' own time limits have to hold; of the lanes four are run at once.
    maxWorkers: 3,
    // fetch_page gives a page that does not answer 8 s.
    testTimeout: 20_000,
    // Launching: see READY_WITHIN_MS.
    hookTimeout: 90_000,
  },
});
