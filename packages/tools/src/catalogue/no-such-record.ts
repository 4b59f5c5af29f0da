import { type Failure, failure } from '../result.ts';
import { nearIds } from './near-ids.ts';

/** The failure for an id that no record has: it names the ids that were probably meant. */
export function noSuchRecord(id: string): Failure {
  const near = nearIds(id);
  const advice =
    near.length === 0
      ? 'No id is like it; find one with search_records.'
      : `Near ids: ${near.join(', ')}. Or find it with search_records.`;
  return failure(`No record has the id "${id}". ${advice}`);
}
