#!/usr/bin/env node
// Sums numbers one by one.
"use strict";
const fs = require("node:fs");
const pawl = require("./pawl.js");

const step = JSON.parse(fs.readFileSync(0, "utf8"));
const { numbers } = step;
if (step.secret) {
  pawl.mask(step.secret);
  pawl.log("info", `the secret is ${step.secret}`);
}

const state = pawl.checkpoint() ?? { next: 0, sum: 0 };
let { next, sum } = state;
for (; next < numbers.length; next += 1) {
  if (next === step.fail_before && (process.env.PAWL_ATTEMPT ?? "1") === "1") {
    pawl.error("Interrupted", `no further than ${next} of ${numbers.length}`, { after: "1s" });
  }
  sum += numbers[next];
  pawl.heartbeat({ next: next + 1, sum });
  pawl.progress(next + 1, numbers.length);
}

if (step.then === "snooze") pawl.snooze("1s", "another time");
if (step.then === "defer") pawl.defer("10m");
fs.writeFileSync("sum.txt", `${sum}\n`);
pawl.artifact("sum", "sum.txt", "text/plain");
console.log(JSON.stringify({ sum, added: numbers.length - state.next }));
