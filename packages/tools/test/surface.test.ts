import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import manifest from '../package.json' with { type: 'json' };
import { catalogueSurface } from '../src/catalogue/surface.ts';
import { uriTemplateOf } from '../src/index.ts';

const { tools, prompts, resourceTemplates, instructions, version } = catalogueSurface;

interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Record<string, JsonSchema>;
  readonly items?: JsonSchema;
}

/** The paths of all fields that no description explains. */
function undescribed(schema: JsonSchema, path: string): string[] {
  const fields = Object.entries(schema.properties ?? {}).flatMap(([name, field]) => [
    ...(field.description ? [] : [`${path}.${name}`]),
    ...undescribed(field, `${path}.${name}`),
  ]);
  return [...fields, ...(schema.items ? undescribed(schema.items, `${path}[]`) : [])];
}

describe('the surface', () => {
  it('has sixteen tools, two resource templates and one prompt', () => {
    expect(tools.map(({ name }) => name)).toEqual([
      'lookup_record',
      'search_records',
      'create_draft',
      'append_to_draft',
      'read_draft',
      'begin_transaction',
      'stage_change',
      'commit_transaction',
      'rollback_transaction',
      'withdraw_record',
      'restore_record',
      'start_report',
      'get_job_result',
      'cancel_job',
      'fetch_page',
      'runtime_info',
    ]);
    expect(resourceTemplates.map(uriTemplateOf)).toEqual(['record://{id}', 'report://{jobId}']);
    expect(prompts.map(({ name }) => name)).toEqual(['recommend_books']);
  });

  it('has the version of its package', () => {
    expect(version).toBe(manifest.version);
  });

  it('tells in its instructions where each tool belongs', () => {
    for (const { name } of tools) expect(instructions).toContain(name);
  });

  it('says truthfully which tools change something, and which reach out', () => {
    expect(tools.filter(({ annotations }) => !annotations.readOnlyHint).map(({ name }) => name)).toEqual([
      'create_draft',
      'append_to_draft',
      'begin_transaction',
      'stage_change',
      'commit_transaction',
      'rollback_transaction',
      'withdraw_record',
      'restore_record',
      'start_report',
      'cancel_job',
    ]);
    expect(tools.filter(({ annotations }) => annotations.openWorldHint).map(({ name }) => name)).toEqual([
      'fetch_page',
    ]);
  });
});

describe.each(tools)('the tool $name', (tool) => {
  it('has a description of two to four sentences', () => {
    const sentences = tool.description.match(/\.(\s|$)/g) ?? [];
    expect(sentences.length).toBeGreaterThanOrEqual(2);
    expect(sentences.length).toBeLessThanOrEqual(4);
  });

  it.each([
    ['input', 'input'],
    ['output', 'output'],
  ] as const)('has an %s schema that is a JSON object with every field described', (side, io) => {
    const schema = z.toJSONSchema(tool[side], { io }) as JsonSchema;
    expect(schema.type).toBe('object');
    expect(undescribed(schema, side)).toEqual([]);
  });

  it('bounds every text and number it takes', () => {
    for (const [name, field] of Object.entries(z.toJSONSchema(tool.input, { io: 'input' }).properties ?? {})) {
      if (typeof field === 'boolean') continue;
      const bounded = field.maxLength ?? field.maximum ?? field.enum ?? field.pattern;
      expect(bounded, name).toBeDefined();
    }
  });
});
