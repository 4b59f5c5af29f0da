import fc from 'fast-check';
import { oddText, oddValue, PROTOTYPE_NAMES } from './odd-values.ts';

type Parent = Record<string, unknown> | unknown[];

/** A member of a JSON value, by the object or array that it is in. */
interface Place {
  readonly parent: Parent;
  readonly key: string;
}

/** Changes a JSON value in place, at one of its members. */
interface JsonMutation {
  readonly name: string;
  apply(place: Place, other: Place): void;
}

const drop: JsonMutation = {
  name: 'drop',
  apply({ parent, key }) {
    if (Array.isArray(parent)) parent.splice(Number(key), 1);
    else delete parent[key];
  },
};

const duplicate: JsonMutation = {
  name: 'duplicate',
  apply({ parent, key }) {
    const value = valueAt({ parent, key });
    put({ parent, key: Array.isArray(parent) ? String(parent.length) : `${key}2` }, value);
  },
};

const swap: JsonMutation = {
  name: 'swap',
  apply(place, other) {
    const [one, another] = [valueAt(place), valueAt(other)];
    put(place, another);
    put(other, one);
  },
};

const wrap: JsonMutation = { name: 'wrap', apply: (place) => put(place, [valueAt(place)]) };

const stringify: JsonMutation = { name: 'stringify', apply: (place) => put(place, JSON.stringify(valueAt(place))) };

const mutation: fc.Arbitrary<JsonMutation> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(drop, duplicate, swap, wrap, stringify) },
  { weight: 5, arbitrary: oddValue.map((value) => ({ name: 'replace', apply: (place: Place) => put(place, value) })) },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.oneof(fc.constantFrom(...PROTOTYPE_NAMES), oddText), oddValue).map(([name, value]) => ({
      name: 'add',
      apply: ({ parent }: Place) => put({ parent, key: Array.isArray(parent) ? '0' : name }, value),
    })),
  },
);

/** Some changes to a JSON value, of which a copy is changed: members dropped, doubled, retyped, moved, added. */
export const jsonMutations: fc.Arbitrary<{ readonly names: readonly string[]; apply(json: unknown): unknown }> = fc
  .array(fc.tuple(mutation, fc.nat(), fc.nat()), { minLength: 1, maxLength: 3 })
  .map((steps) => ({
    names: steps.map(([{ name }]) => name),
    apply(json) {
      const root: Parent = [structuredClone(json)];
      for (const [{ apply }, at, otherAt] of steps) {
        const places = placesIn(root);
        const [place, other] = [places[at % places.length], places[otherAt % places.length]];
        if (place !== undefined && other !== undefined) apply(place, other);
      }
      return root[0];
    },
  }));

function placesIn(parent: Parent): Place[] {
  return Object.entries(parent).flatMap(([key, value]) => [
    { parent, key },
    ...(isParent(value) ? placesIn(value) : []),
  ]);
}

function isParent(value: unknown): value is Parent {
  return typeof value === 'object' && value !== null;
}

function valueAt({ parent, key }: Place): unknown {
  return Array.isArray(parent) ? parent[Number(key)] : parent[key];
}

/** A copy, because one value may hold the other; defined, not assigned: a member may be called `__proto__`. */
function put({ parent, key }: Place, held: unknown): void {
  const value = structuredClone(held);
  Object.defineProperty(parent, key, { value, enumerable: true, configurable: true, writable: true });
}
