#!/usr/bin/env node
// Numbers and dates for people, as a warm plugin and, without PAWL_MODE, at a prompt.
"use strict";
const readline = require("node:readline");

const actions = {
  number({ value, locale = "en", currency, style }) {
    const options = { style: style ?? (currency ? "currency" : "decimal"), currency };
    return { text: new Intl.NumberFormat(locale, options).format(value) };
  },

  date({ at, locale = "en", zone = "UTC", date = "medium", time }) {
    const options = { dateStyle: date, timeStyle: time, timeZone: zone };
    return { text: new Intl.DateTimeFormat(locale, options).format(new Date(at)) };
  },
};

// The result or the error, as both modes have it. A locale, currency, zone or instant that there is not is a
// RangeError, which no second try can cure.
function answer(action, input) {
  try {
    return { result: actions[action](input) };
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof TypeError)) throw error;
    return { error: { type: "InvalidRequest", message: error.message, retryable: false } };
  }
}

function serve() {
  const lines = readline.createInterface({ input: process.stdin, terminal: false });
  lines.on("line", (line) => {
    const { id, method, params } = JSON.parse(line);
    const say = (reply) => process.stdout.write(JSON.stringify({ id, ...reply }) + "\n");
    if (method === "hello") say({ result: { protocol: 1, concurrency: 1 } });
    else if (method === "run") say(answer(params.action, params.input));
    else if (method === "shutdown") lines.close();
  });
}

function runOnce(action) {
  const reply = answer(action, JSON.parse(require("node:fs").readFileSync(0, "utf8")));
  console.log(JSON.stringify(reply.result ?? reply.error));
  process.exitCode = reply.error ? 65 : 0;
}

if (process.env.PAWL_MODE === "warm") serve();
else runOnce(process.argv[2]);
