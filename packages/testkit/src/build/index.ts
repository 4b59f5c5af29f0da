export { buildBundle, NODE_FUNCTION } from './bundle.ts';
export { platformCli } from './platform-cli.ts';
export { reportSizes } from './sizes.ts';
export { zipOf } from './zip.ts';
