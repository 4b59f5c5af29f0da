export { type LocalNetlify, type LocalNetlifyOptions, startLocalNetlify } from './local-netlify.ts';
