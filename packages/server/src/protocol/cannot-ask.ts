/** The client of a call cannot be asked what a tool or prompt has to ask; the message is fit for the model. */
export class CannotAsk extends Error {
  override readonly name = 'CannotAsk';
}
