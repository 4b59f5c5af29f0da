import { afterAll, beforeAll } from 'vitest';
import { containerApp } from '../src/apps/container.ts';
import { findEngine } from '../src/container/find-engine.ts';
import { type RedisServer, startRedis } from '../src/engines/redis.ts';
import { suite } from '../src/suite/suite.ts';

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

/** A database each, by its number. */
const directories: string[] = [];

function databaseOf(directory: string): string {
  if (!directories.includes(directory)) directories.push(directory);
  return `${redis.url}/${directories.indexOf(directory)}`;
}

suite(containerApp(await findEngine(), 'scratch', databaseOf));
