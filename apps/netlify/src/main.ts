import type { Config } from '@netlify/functions';
import { server } from './server.ts';

export default (request: Request) => server.fetch(request);

/** Every path is the server's. Netlify's build reads this without running it. */
export const config: Config = { path: '/*' };
