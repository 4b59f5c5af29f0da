import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { appDirectory, environmentWith } from '../../src/apps/workspace.ts';
import { type FunctionSettings, startEnvironment } from '../../src/lambda/environment.ts';
import { eventOf } from '../../src/lambda/events.ts';
import { KNOWN_RECORD } from '../../src/suite/catalogue-facts.ts';
import { type ColdLane, type ColdStart, hello, RECEIVED_CALL } from './cold-lane.ts';

/** An execution environment of Lambda: the runtime of Lambda itself, and of Netlify. */
export function functionStart(settings: FunctionSettings, event: object): ColdStart {
  return async () => {
    const start = performance.now();
    const environment = await startEnvironment(settings);
    if ('kind' in environment) throw new Error(`The function did not start: ${JSON.stringify(environment)}`);
    const reply = await environment.invoke(event).reply;
    const body = reply.kind === 'streamed' ? await text(reply.body) : JSON.stringify(reply);
    const ms = performance.now() - start;
    await environment.kill();
    if (!body.includes(KNOWN_RECORD) && !body.includes('hello'))
      throw new Error(`The function did not answer: ${body}`);
    return ms;
  };
}

export function lambdaLane(): ColdLane {
  const started = (directory: string) =>
    functionStart(
      {
        directory,
        handler: 'index.handler',
        timeoutSeconds: 30,
        environment: environmentWith({ STATE_TABLE: 'not-read', DYNAMODB_ENDPOINT: 'http://127.0.0.1:1' }),
      },
      eventOf('http-api', RECEIVED_CALL),
    );
  return {
    target: 'lambda',
    onNode: true,
    ours: started(join(appDirectory('lambda'), 'dist')),
    bare: started(hello('lambda')),
  };
}
