import { nodeApp } from '../src/apps/node.ts';
import { suite } from '../src/suite/suite.ts';

suite(nodeApp);
