/**
 * Loads the SDK with the server, not with the first request that needs it: for a platform that bills a request's CPU time
 * and not that of loading, as Cloudflare does.
 */
import './protocol/sdk-path.ts';
