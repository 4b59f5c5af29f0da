import { nodeApp } from '../src/apps/node.ts';
import { inspector } from '../src/suite/inspector.ts';
import { keptAlive } from '../src/suite/kept-alive.ts';
import { mcpRemote } from '../src/suite/mcp-remote.ts';
import { suite } from '../src/suite/suite.ts';

suite(nodeApp, [keptAlive, mcpRemote, inspector]);
