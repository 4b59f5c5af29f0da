export { type LocalVercel, startLocalVercel } from './local-vercel.ts';
