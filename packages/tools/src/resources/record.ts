import { records } from '../catalogue/catalogue.ts';
import type { ResourceTemplate } from '../define-resource.ts';
import { findShelved } from '../lending/withdrawals.ts';
import { Failure } from '../result.ts';

/** The most values a completion may carry, by the protocol. */
const MAX_COMPLETIONS = 100;

export const recordResource: ResourceTemplate = {
  name: 'record',
  title: 'Catalogue record',
  description: 'One book of the catalogue with all its fields, by record id.',
  mimeType: 'application/json',
  prefix: 'record://',
  variable: 'id',
  complete(typed) {
    const beginning = typed.toLowerCase();
    return records
      .map(({ id }) => id)
      .filter((id) => id.startsWith(beginning))
      .slice(0, MAX_COMPLETIONS);
  },
  async read(id, { shared }) {
    const record = await findShelved(shared, id);
    return record instanceof Failure ? undefined : { mimeType: 'application/json', text: JSON.stringify(record) };
  },
};
