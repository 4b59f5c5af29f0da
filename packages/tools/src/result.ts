import type { ResourceBody } from './define-resource.ts';

/** One block of content for a person or a model to read, in the protocol's own shape. */
export type Content =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'image'; readonly data: string; readonly mimeType: string }
  | { readonly type: 'audio'; readonly data: string; readonly mimeType: string }
  | { readonly type: 'resource'; readonly resource: { readonly uri: string } & ResourceBody }
  | {
      readonly type: 'resource_link';
      readonly uri: string;
      readonly name: string;
      readonly title?: string;
      readonly description?: string;
      readonly mimeType?: string;
    };

/** Text to read. */
export function text(value: string): Content {
  return { type: 'text', text: value };
}

/** An image. `data` is base64 without a `data:` prefix. */
export function image(data: string, mimeType: `image/${string}`): Content {
  return { type: 'image', data, mimeType };
}

/** A sound. `data` is base64 without a `data:` prefix. */
export function audio(data: string, mimeType: `audio/${string}`): Content {
  return { type: 'audio', data, mimeType };
}

/** A resource itself, for a client that need not read it then. */
export function embedded(uri: string, body: ResourceBody): Content {
  return { type: 'resource', resource: { uri, ...body } };
}

/** A link to a resource of this server, which the client may read when it needs the whole. */
export function resourceLink(
  uri: string,
  name: string,
  about: { readonly title?: string; readonly description?: string; readonly mimeType?: string } = {},
): Content {
  return { type: 'resource_link', uri, name, ...about };
}

/** A tool's output together with content made for reading. */
export class Rendered<Output> {
  readonly data: Output;
  readonly content: readonly Content[];

  constructor(data: Output, content: readonly Content[]) {
    this.data = data;
    this.content = content;
  }
}

/**
 * The output, and content that says it better than its JSON would.
 *
 * @example
 * return withContent(record, [text(record.title), resourceLink(`record://${record.id}`, record.id)]);
 */
export function withContent<Output>(data: Output, content: readonly Content[]): Rendered<Output> {
  return new Rendered(data, content);
}

/** A failure the model can act on. */
export class Failure {
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }
}

/**
 * The call could not be done, and the message says what to do instead. It reaches the model as a tool error
 * (`isError: true`); use it for what the model can mend, and let everything else throw.
 *
 * @example
 * return failure('No record "austen-ema". Near ids: austen-emma.');
 */
export function failure(message: string): Failure {
  return new Failure(message);
}
