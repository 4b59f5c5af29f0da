import { app } from '@azure/functions';

app.setup({ enableHttpStream: true });
app.http('hello', {
  methods: ['POST'],
  authLevel: 'anonymous',
  route: '{*path}',
  handler: async () => ({ jsonBody: { hello: 'world' } }),
});
