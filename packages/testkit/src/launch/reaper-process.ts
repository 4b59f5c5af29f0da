import { execFileSync } from 'node:child_process';
import { createInterface } from 'node:readline';

// Reads `+pid` and `-pid` lines; when its input ends, because whoever wrote them is gone, it kills what is on the list.
const groups = new Set<number>();

for await (const line of createInterface({ input: process.stdin })) {
  const pid = Number(line.slice(1));
  if (line.startsWith('+')) groups.add(pid);
  else groups.delete(pid);
}

for (const pid of groups) {
  try {
    if (process.platform === 'win32') execFileSync('taskkill', ['/PID', String(pid), '/T', '/F']);
    else process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
