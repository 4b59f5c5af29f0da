import { expect, it } from 'vitest';
import { requestUrl } from '../../src/http/request-url.ts';

it.each([
  ['/mcp?a=1', 'http://local:80/mcp?a=1'],
  ['//evil.example/mcp', 'http://local//evil.example/mcp'],
  ['///evil.example/mcp', 'http://local///evil.example/mcp'],
  ['/\\evil.example/mcp', 'http://local//evil.example/mcp'],
])('has %s on the host of the request', (target, url) => {
  expect(requestUrl(target, 'http://local')?.href).toBe(new URL(url).href);
});

it.each([
  ['http://evil.example/', 'http://local'],
  ['*', 'http://local'],
  ['@evil.example/', 'http://local'],
  ['/mcp', 'http://'],
  ['/mcp', 'http://a b'],
])('makes none of %s at %s', (target, origin) => {
  expect(requestUrl(target, origin)).toBeUndefined();
});
