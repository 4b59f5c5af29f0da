/**
 * Imports the modules named on the command line with every door to the outside closed: a module that runs I/O, a timer
 * or randomness while it is imported throws, as it would on workerd.
 */
const refuse = (what: string) => () => {
  throw new Error(`${what} at module scope: workerd refuses it`);
};
const doors: readonly [target: object, names: readonly string[]][] = [
  [globalThis, ['fetch', 'setTimeout', 'setInterval', 'setImmediate']],
  [Math, ['random']],
  [Object.getPrototypeOf(crypto), ['getRandomValues', 'randomUUID']],
  [Object.getPrototypeOf(crypto.subtle), ['digest', 'generateKey', 'importKey', 'sign']],
];
for (const [target, names] of doors) {
  for (const name of names) Object.defineProperty(target, name, { value: refuse(name), configurable: true });
}

for (const module of process.argv.slice(2)) await import(module);
process.stdout.write('quiet');
