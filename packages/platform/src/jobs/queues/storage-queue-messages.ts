import {
  bearerTokenAuthenticationPolicy,
  createDefaultHttpClient,
  createHttpHeaders,
  createPipelineFromOptions,
  createPipelineRequest,
  type HttpMethods,
  type PipelineResponse,
} from '@azure/core-rest-pipeline';
import { parseXML } from '@azure/core-xml';
import * as z from 'zod';
import type { AzureStorageAccess } from '../../state/azure-storage.ts';
import { isTransientStatus, remoteCall } from '../../state/remote-call.ts';
import { type QueueService, queueServiceOf } from './storage-queue-service.ts';

/** Of the protocol: messages that never expire came with 2017-07-29, tokens of an identity with 2017-11-09. */
const API_VERSION = '2019-02-02';
const TOKEN_SCOPE = 'https://storage.azure.com/.default';
/** https://learn.microsoft.com/rest/api/storageservices/put-message#uri-parameters */
const MAX_HIDDEN_SECONDS = 7 * 24 * 60 * 60;
/** Its job's record says when that is forgotten; a week would be too short for some. */
const NEVER_EXPIRES = -1;

const putAnswer = z.object({ QueueMessage: z.object({ MessageId: z.string(), PopReceipt: z.string() }) });

/** A message as it was sent. Once it is delivered, it is whoever's it was delivered to: then neither call does anything. */
export interface SentMessage {
  /** Has it delivered not before so many milliseconds from now. */
  postpone(delayMs: number): Promise<void>;
  withdraw(): Promise<void>;
}

/**
 * The messages of a queue in Azure Storage, by its REST interface and Azure's own HTTP client, which the table's client
 * brings: `@azure/storage-queue` would make a function larger by a sixth.
 */
export function queueMessages(queueName: string, access: AzureStorageAccess) {
  const service = queueServiceOf(access);
  const call = caller(queueName, service, access);

  async function put(message: object, delayMs: number, signal: AbortSignal): Promise<SentMessage> {
    const body = `<QueueMessage><MessageText>${btoa(JSON.stringify(message))}</MessageText></QueueMessage>`;
    const query = { visibilitytimeout: hiddenSeconds(delayMs), messagettl: NEVER_EXPIRES };
    let answer = await call('POST', '/messages', query, signal, body);
    if (answer.status === 404) {
      expectStatus(await call('PUT', '', {}, signal), 201, 204);
      answer = await call('POST', '/messages', query, signal, body);
    }
    expectStatus(answer, 201);
    const { QueueMessage } = putAnswer.parse(await parseXML(answer.bodyAsText ?? ''));
    return sent(QueueMessage.MessageId, QueueMessage.PopReceipt);
  }

  function sent(id: string, receipt: string): SentMessage {
    let popreceipt = receipt;
    const own = (method: HttpMethods, query: object, gone: readonly number[]) =>
      remoteCall(isTransient, async (signal) => {
        const answer = await call(method, `/messages/${id}`, { ...query, popreceipt }, signal);
        expectStatus(answer, 204, ...gone);
        popreceipt = answer.headers.get('x-ms-popreceipt') ?? popreceipt;
      });
    // 404: it is deleted; 400: somebody else has its receipt.
    return {
      postpone: (delayMs) => own('PUT', { visibilitytimeout: hiddenSeconds(delayMs) }, [400, 404]),
      withdraw: () => own('DELETE', {}, [400, 404]),
    };
  }

  return { put };
}

/** Whatever is no answer of the queue's is a failure on the way to it. */
export function isTransient(error: unknown): boolean {
  return !(error instanceof UnexpectedStatus) || isTransientStatus(error.status);
}

class UnexpectedStatus extends Error {
  override readonly name = 'UnexpectedStatus';
  readonly status: number;

  constructor({ status, headers }: PipelineResponse) {
    super(`The queue service answered with status ${status} (${headers.get('x-ms-error-code') ?? 'no error code'}).`);
    this.status = status;
  }
}

function expectStatus(answer: PipelineResponse, ...expected: readonly number[]): void {
  if (!expected.includes(answer.status)) throw new UnexpectedStatus(answer);
}

function hiddenSeconds(delayMs: number): number {
  return Math.min(Math.ceil(delayMs / 1000), MAX_HIDDEN_SECONDS);
}

function caller(queueName: string, { endpoint, signature, isOnThisMachine }: QueueService, access: AzureStorageAccess) {
  const pipeline = createPipelineFromOptions({ retryOptions: { maxRetries: 0 } });
  if ('credential' in access) {
    const { credential } = access;
    pipeline.addPolicy(bearerTokenAuthenticationPolicy({ credential, scopes: TOKEN_SCOPE }));
  }
  const client = createDefaultHttpClient();

  return async (method: HttpMethods, path: string, query: object, abortSignal: AbortSignal, body?: string) => {
    const url = new URL(`${endpoint}/${queueName}${path}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value));
    for (const [name, value] of await signature()) url.searchParams.set(name, value);
    const headers = { 'x-ms-version': API_VERSION, ...(body !== undefined && { 'content-type': 'application/xml' }) };
    const request = createPipelineRequest({
      url: url.href,
      method,
      headers: createHttpHeaders(headers),
      ...(body !== undefined && { body }),
      abortSignal,
      allowInsecureConnection: isOnThisMachine,
    });
    return pipeline.sendRequest(client, request);
  };
}
