// The function that Vercel Queues call, by its trigger in vercel.json: https://vercel.com/docs/queues. Nobody else can.
export { jobs as default } from '../dist/index.mjs';
