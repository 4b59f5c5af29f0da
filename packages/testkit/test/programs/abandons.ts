import { tmpdir } from 'node:os';
import { launch } from '../../src/launch.ts';
import { program } from '../program.ts';

// A test process that dies in the middle of its work: it launches, says so, and waits to be killed.
const { url } = await launch(program('family.mjs'), { stateDirectory: tmpdir() });
process.stdout.write(`${url}\n`);
setInterval(() => {}, 1_000);
