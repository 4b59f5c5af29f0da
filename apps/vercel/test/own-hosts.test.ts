import { describe, expect, it } from 'vitest';
import { withOwnHosts } from '../src/own-hosts.ts';

const hostsIn = (environment: Record<string, string>) => withOwnHosts(environment).MCP_ALLOWED_HOSTS;

describe('the hosts that clients may use', () => {
  it('are the names that Vercel gives the deployment, its branch and its project, and those listed', () => {
    const environment = {
      VERCEL_URL: 'mcp-4711.vercel.app',
      VERCEL_BRANCH_URL: 'mcp-git-main.vercel.app',
      VERCEL_PROJECT_PRODUCTION_URL: 'mcp.example.com',
      MCP_ALLOWED_HOSTS: 'mcp.example.org, mcp.example.net',
    };
    expect(hostsIn(environment)).toBe(
      'mcp-4711.vercel.app,mcp-git-main.vercel.app,mcp.example.com,mcp.example.org, mcp.example.net',
    );
  });

  it('are those listed where Vercel gives no name', () => {
    expect(hostsIn({ MCP_ALLOWED_HOSTS: 'mcp.example.org' })).toBe('mcp.example.org');
    expect(hostsIn({})).toBe('');
    expect(hostsIn({ VERCEL_URL: '' })).toBe('');
  });

  it('have no port, as under `vercel dev`', () => expect(hostsIn({ VERCEL_URL: 'localhost:3000' })).toBe('localhost'));
});
