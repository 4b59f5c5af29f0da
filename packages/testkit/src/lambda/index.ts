export { type Fauxqs, startFauxqs } from '../engines/fauxqs.ts';
export { eventSourceMapping } from './event-source-mapping.ts';
export { eventOf, FRONTS, type Front, type ReceivedRequest } from './events.ts';
export { type LocalLambda, type LocalLambdaOptions, startLocalLambda } from './local-lambda.ts';
