export { eventOf, FRONTS, type Front, type ReceivedRequest } from './events.ts';
export { type LocalLambda, type LocalLambdaOptions, startLocalLambda } from './local-lambda.ts';
