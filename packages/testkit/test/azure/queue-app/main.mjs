import { app } from '@azure/functions';

// A function app that notes what a queue hands it, and does with it what the message says.
const noted = [];
const connection = 'AzureWebJobsStorage';

app.setup({ enableHttpStream: true });
app.http('noted', { methods: ['GET'], handler: () => ({ jsonBody: { noted, pid: process.pid } }) });
app.storageQueue('work', {
  connection,
  queueName: 'work',
  handler: async (message, { triggerMetadata, functionName }) => {
    noted.push({ message, triggerMetadata, functionName });
    if (message.exit) process.exit(3);
    if (message.hang) await new Promise(() => {});
    if (message.fail) throw new Error('The function failed.');
  },
});
