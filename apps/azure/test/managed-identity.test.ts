import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { expect, it, onTestFinished } from 'vitest';
import { managedIdentity } from '../src/managed-identity.ts';

const SECRET = 'the-secret';
const SCOPE = 'https://storage.azure.com/.default';

/** What App Service has on the machine of every app, as far as it is documented. */
async function identityEndpoint(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/msi/token`;
}

it("asks the app's own endpoint for a token to the resource", async () => {
  const asked: unknown[] = [];
  const IDENTITY_ENDPOINT = await identityEndpoint(({ url, headers }, response) => {
    asked.push([Object.fromEntries(new URL(url ?? '', 'http://x').searchParams), headers['x-identity-header']]);
    response.end(JSON.stringify({ access_token: 't-1', expires_on: '1800000000', token_type: 'Bearer' }));
  });
  const environment = { IDENTITY_ENDPOINT, IDENTITY_HEADER: SECRET };
  const token = { token: 't-1', expiresOnTimestamp: 1_800_000_000_000 };
  expect(await managedIdentity(environment).getToken(SCOPE)).toEqual(token);
  expect(await managedIdentity(environment, 'client-1').getToken([SCOPE])).toEqual(token);
  const query = { 'api-version': '2019-08-01', resource: 'https://storage.azure.com' };
  expect(asked).toEqual([
    [query, SECRET],
    [{ ...query, client_id: 'client-1' }, SECRET],
  ]);
});

it('says what the endpoint answered where that was no token, and keeps the secret to itself', async () => {
  const IDENTITY_ENDPOINT = await identityEndpoint((_request, response) => response.writeHead(400).end(SECRET));
  const refused = managedIdentity({ IDENTITY_ENDPOINT, IDENTITY_HEADER: SECRET }).getToken(SCOPE);
  await expect(refused).rejects.toThrow(/^The managed identity's endpoint answered with status 400\.$/);
});
