declare module 'dynalite' {
  import type { Server } from 'node:http';

  /** A server that speaks DynamoDB's protocol and holds its tables in memory, or in LevelDB where `path` names a directory. */
  export default function dynalite(options: { readonly createTableMs: number; readonly path?: string }): Server;
}
