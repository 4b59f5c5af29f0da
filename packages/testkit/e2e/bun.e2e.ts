import { bunApp } from '../src/apps/bun.ts';
import { suite } from '../src/suite/suite.ts';

suite(bunApp);
