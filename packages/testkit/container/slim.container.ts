import { containerApp } from '../src/apps/container.ts';
import { findEngine } from '../src/container/find-engine.ts';
import { suite } from '../src/suite/suite.ts';

suite(containerApp(await findEngine(), 'slim'));
