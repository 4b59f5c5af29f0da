/** `ctx.fetch` will not go there, or could not; the message says why in words fit for the model. */
export class FetchRefused extends Error {
  override readonly name = 'FetchRefused';
}
