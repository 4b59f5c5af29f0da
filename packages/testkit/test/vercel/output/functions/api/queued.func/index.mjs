import { appendFileSync } from 'node:fs';
import { QueueClient } from '@vercel/queue';

// A function that notes what it is given, does what it says, and succeeds the second time.
const { WORDS_FILE = '', VERCEL_QUEUE_BASE_URL } = process.env;
const queue = new QueueClient({ region: 'dev1', resolveBaseUrl: () => new URL(VERCEL_QUEUE_BASE_URL) });

const actions = {
  serve: () => {},
  hang: () => new Promise(() => {}),
  exit: () => process.exit(3),
};

export const POST = queue.handleCallback(async (word, { deliveryCount }) => {
  appendFileSync(WORDS_FILE, `${word} ${deliveryCount}\n`);
  if (deliveryCount === 1) await actions[word]();
});
