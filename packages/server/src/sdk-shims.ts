/**
 * What the SDK takes from the runtime, for a function: its server is given a validator of its own, and nothing serves stdio.
 * A sixth of the SDK is left out with it.
 */
export class DefaultJsonSchemaValidator {
  constructor() {
    throw new Error('A function has no JSON Schema validator: give the server one.');
  }
}

export const process = {
  get stdin(): never {
    throw new Error('A function has no standard input: serve HTTP.');
  },
  get stdout(): never {
    throw new Error('A function has no standard output: serve HTTP.');
  },
};
