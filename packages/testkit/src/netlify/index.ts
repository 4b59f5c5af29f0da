export { openStateDirectory } from '../engines/state-directory.ts';
export { choosePort } from './choose-port.ts';
export { type LocalNetlify, type LocalNetlifyOptions, startLocalNetlify } from './local-netlify.ts';
