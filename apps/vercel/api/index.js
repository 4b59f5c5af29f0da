// The function, where Vercel looks for one: https://vercel.com/docs/functions/runtimes/node-js. build.ts makes what it exports.
export { default } from '../dist/index.mjs';
