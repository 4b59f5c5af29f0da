import { registerHooks } from 'node:module';

const surface = new URL('../surface.ts', import.meta.url).href;

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === '@mcp-everywhere/tools/catalogue' ? { url: surface, shortCircuit: true } : next(specifier, context),
});
