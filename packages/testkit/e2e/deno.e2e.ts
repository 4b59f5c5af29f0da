import { denoApp } from '../src/apps/deno.ts';
import { suite } from '../src/suite/suite.ts';

suite(denoApp);
