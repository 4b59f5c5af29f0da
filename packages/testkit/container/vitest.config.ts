import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['container/*.container.ts'],
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 90_000,
  },
});
