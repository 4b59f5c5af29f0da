import { html } from 'hono/html';
import * as z from 'zod';
import type { Html } from './html.ts';

/** One input of a tool or argument of a prompt. */
export interface Field {
  readonly name: string;
  readonly required: boolean;
  /** Its type and default in words: `integer, default 10`. */
  readonly kind: string;
  readonly description: string | undefined;
}

/** How many values of an enumeration are named before they are only counted. */
const NAMED_VALUES = 6;

/** The parts of a property's JSON schema that are shown. */
const property = z
  .object({
    type: z.string(),
    description: z.string(),
    enum: z.array(z.unknown()),
    default: z.unknown(),
  })
  .partial()
  .catch({});

/** The inputs a JSON schema of an object describes, in its order. */
export function fieldsOf(schema: {
  readonly properties?: Readonly<Record<string, unknown>> | undefined;
  readonly required?: readonly string[] | undefined;
}): readonly Field[] {
  return Object.entries(schema.properties ?? {}).map(([name, value]) => {
    const { type, description, enum: values, default: standard } = property.parse(value);
    const kind = values === undefined ? (type ?? 'any') : oneOf(values);
    return {
      name,
      required: schema.required?.includes(name) ?? false,
      kind: standard === undefined ? kind : `${kind}, default ${JSON.stringify(standard)}`,
      description,
    };
  });
}

function oneOf(values: readonly unknown[]): string {
  return values.length > NAMED_VALUES
    ? `one of ${values.length} values`
    : values.map((value) => JSON.stringify(value)).join(' or ');
}

/** The fields' names on one line, which opens into their types and descriptions. */
export function fieldList(label: string, fields: readonly Field[]): Html {
  if (fields.length === 0) return html`<p class="aside">No ${label.toLowerCase()}.</p>`;
  return html`<details class="fields">
<summary><span class="aside">${label}</span> ${fields.map(({ name }) => html`<code>${name}</code> `)}</summary>
<dl>${fields.map(
    ({ name, required, kind, description }) => html`
<dt><code>${name}</code> <span class="aside">${kind}${required ? ', required' : ''}</span></dt>
<dd>${description ?? ''}</dd>`,
  )}
</dl>
</details>`;
}
