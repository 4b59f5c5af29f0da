export type { Network } from './network/network.ts';
export type { Platform } from './platform.ts';
export { detectRuntime } from './runtime.ts';
export type { AtomicStore, KeyValueStore } from './state/store.ts';
export type { Runtime, Target } from './target.ts';
export { TARGETS } from './target.ts';
