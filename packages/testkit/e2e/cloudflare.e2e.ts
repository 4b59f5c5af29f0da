import { cloudflareApp } from '../src/apps/cloudflare.ts';
import { inspector } from '../src/suite/inspector.ts';
import { mcpRemote } from '../src/suite/mcp-remote.ts';
import { suite } from '../src/suite/suite.ts';

suite(cloudflareApp, [mcpRemote, inspector]);
