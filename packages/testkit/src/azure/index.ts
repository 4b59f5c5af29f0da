export { hasCoreTools, startCoreTools } from './core-tools.ts';
export { type LocalAzure, type LocalAzureOptions, startLocalAzure } from './local-azure.ts';
