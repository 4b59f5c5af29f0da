import { defineConfig } from 'vitest/config';

// The log of a passing test is noise; that of a failing one is shown.
export default defineConfig({ test: { silent: 'passed-only' } });
