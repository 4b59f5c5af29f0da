export { announce } from './announce.ts';
export { buildBundle, NODE_FUNCTION } from './bundle.ts';
export { onBuilt } from './on-built.ts';
export { ownEnvironment } from './own-environment.ts';
export { platformCli } from './platform-cli.ts';
export { replaceFiles } from './replace-files.ts';
export { reportSizes } from './sizes.ts';
export { zipOf } from './zip.ts';
