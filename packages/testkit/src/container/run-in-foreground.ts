import { spawn } from 'node:child_process';

// Runs a container in the foreground: `run-in-foreground.ts <name> <engine> <its flags …> run <flags, image …>`.
// An engine's containers are no children of whoever runs them: a `run` that is killed leaves its container behind. A shell
// in a session of its own ends it instead, when this process is gone, however it ends.
const [name = '', file = '', ...args] = process.argv.slice(2);
const kill = [file, ...args.slice(0, args.indexOf('run')), 'kill', name];
spawn('sh', ['-c', 'read -r _; exec "$@"', 'sh', ...kill], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });

// The group gets it, so the engine's own `run` hands it on to the container; this process waits for the end of that.
process.on('SIGTERM', () => {});

spawn(file, args, { stdio: ['ignore', 'inherit', 'inherit'] })
  .on('error', (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  })
  .on('exit', (code) => process.exit(code ?? 1));
