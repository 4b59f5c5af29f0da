export { buildBundle, NODE_FUNCTION } from './bundle.ts';
export { reportSizes } from './sizes.ts';
