import type { JsonSchemaValidator, jsonSchemaValidator } from '@modelcontextprotocol/server';

/**
 * Takes everything: what a user fills in is read by the question's own zod schema, and what does not fit is asked again. The
 * SDK would otherwise make a validator with each server, and load one.
 */
export const UNVALIDATED: jsonSchemaValidator = {
  getValidator<T>(): JsonSchemaValidator<T> {
    return (input) => ({ valid: true, data: input as T, errorMessage: undefined });
  },
};
