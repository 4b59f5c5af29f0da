import { cloudflareApp } from '../src/apps/cloudflare.ts';
import { suite } from '../src/suite/suite.ts';

suite(cloudflareApp);
