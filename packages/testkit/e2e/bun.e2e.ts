import { bunApp } from '../src/apps/bun.ts';
import { keptAlive } from '../src/suite/kept-alive.ts';
import { suite } from '../src/suite/suite.ts';

suite(bunApp, [keptAlive]);
