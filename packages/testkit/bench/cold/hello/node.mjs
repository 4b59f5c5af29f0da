import { createServer } from 'node:http';
import process from 'node:process';

createServer((_request, response) => {
  response.setHeader('content-type', 'application/json').end('{"hello":"world"}');
}).listen(Number(process.env.PORT), '127.0.0.1');
