import assert from 'node:assert/strict';
import { catalogueSurface } from '@mcp-everywhere/tools/catalogue';
import config from '../deno.json' with { type: 'json' };
import { permissionsOf } from '../src/permissions.ts';

Deno.test('deno.json permits what the tools declare and the server needs, and nothing else', () => {
  assert.deepEqual(config.permissions.default, permissionsOf(catalogueSurface));
});
