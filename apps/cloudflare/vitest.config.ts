import { cloudflareTest } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';

// The tests run inside workerd, with the bindings of the real configuration.
export default defineConfig({
  plugins: [cloudflareTest({ wrangler: { configPath: './wrangler.jsonc' } })],
  // A machine that runs other tests at the same time takes its time over a store's 500 races.
  test: { include: ['test/**/*.test.ts'], testTimeout: 20_000 },
});
