// A server whose child would outlive it, and a grandchild that ignores SIGTERM.
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';

const stubborn = 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000);';
const child = spawn(process.execPath, ['-e', stubborn], { stdio: 'ignore' });

createServer((_request, response) => {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ target: process.env.TARGET, child: child.pid }));
}).listen(Number(process.env.PORT), '127.0.0.1');

process.on('SIGTERM', () => {
  if (process.env.ON_SIGTERM !== 'ignore') process.exit(Number(process.env.EXIT_CODE ?? '0'));
});
