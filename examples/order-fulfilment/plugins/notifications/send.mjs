#!/usr/bin/env node
// Writes a mail into $SHOP_STATE/outbox, one file a mail.
//
//     echo '{"to": "ada@example.org", "template": "shipped", "data": {"order": "A-1001"}}' | ./send.mjs

import { createHash, randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

const EX_DATAERR = 65;

const templates = {
  shipped: ({ order, tracking }) => ({
    subject: `Order ${order} is on its way`,
    text: `Follow it with ${tracking ?? 'your order number'}.`,
  }),
  ended: ({ order, status }) => ({
    subject: `Order ${order}: ${status}`,
    text: `The run of order ${order} ended as ${status}.`,
  }),
};

/** Puts the mail there as a whole, or leaves the one that an earlier attempt put there. */
function deliver(file, mail) {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, mail);
  try {
    linkSync(draft, file);
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft);
  }
}

const { to, template, data = {} } = JSON.parse(readFileSync(0, 'utf8'));
if (!Object.hasOwn(templates, template)) {
  console.log(JSON.stringify({ type: 'UnknownTemplate', message: `no template '${template}'` }));
  process.exit(EX_DATAERR);
}

const { subject, text } = templates[template](data);
const outbox = `${process.env.SHOP_STATE || new URL('../../state', import.meta.url).pathname}/outbox`;
const key = process.env.PAWL_IDEMPOTENCY_KEY || randomUUID();
const name = createHash('sha256').update(key).digest('hex').slice(0, 16);

mkdirSync(outbox, { recursive: true });
deliver(`${outbox}/${name}.txt`, `To: ${to}\nSubject: ${subject}\n\n${text}\n`);
console.log(JSON.stringify({ to, subject }));
