import fc from 'fast-check';
import { envelope, modern } from '../clients/wire.ts';
import type { Draft } from './fuzz-message.ts';
import { oddText } from './odd-values.ts';
import { type Asked, CAPABILITIES, draftOf, id, NO_PARAMS, requests } from './requests.ts';
import type { World } from './world.ts';

/** Requests of the modern era: every method, tasks and subscriptions among them. */
export function modernRequests(world: World): fc.Arbitrary<Draft> {
  const taskId = fc.constantFrom(...(world.known.jobId ?? ['none']), 'job_none');
  const own: fc.Arbitrary<Asked> = fc.oneof(
    fc.constant({ method: 'server/discover', params: NO_PARAMS }),
    taskId.map((given) => ({ method: 'tasks/get', params: { taskId: given } })),
    taskId.map((given) => ({ method: 'tasks/cancel', params: { taskId: given } })),
    taskId.map((given) => ({
      method: 'tasks/update',
      params: { taskId: given, inputResponses: { confirmation: {} } },
    })),
    fc
      .subarray([...world.uris], { minLength: 1 })
      .map((uris) => ({ method: 'subscriptions/listen', params: { notifications: { resourceSubscriptions: uris } } })),
    oddText.map((requestState) => ({
      method: 'tools/call',
      params: { name: 'withdraw_record', arguments: { recordId: 'austen-emma' }, requestState, inputResponses: {} },
    })),
  );
  const extra = fc.constantFrom(
    {},
    { progressToken: 'p' },
    { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
    { 'io.modelcontextprotocol/logLevel': 'debug' },
  );
  return fc
    .record({
      asked: fc.oneof({ weight: 3, arbitrary: requests(world) }, { weight: 2, arbitrary: own }),
      capabilities: fc.constantFrom(...CAPABILITIES),
      extra,
      id,
    })
    .map(({ asked: { method, params }, capabilities, extra: more, id: ownId }) => {
      const _meta = { ...envelope(), 'io.modelcontextprotocol/clientCapabilities': capabilities, ...more };
      const headers = typeof params.taskId === 'string' ? { 'mcp-name': params.taskId } : {};
      return draftOf(modern(method, { ...params, _meta }, { id: ownId, headers }));
    });
}

export const modernNotifications: fc.Arbitrary<Draft> = fc
  .constantFrom('notifications/cancelled', 'notifications/progress', 'notifications/none')
  .map((method) => draftOf(modern(method, { requestId: 'gone', progressToken: 'p', progress: 1 })));
