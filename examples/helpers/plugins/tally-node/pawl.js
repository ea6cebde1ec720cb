// Words for the control channel of Pawl, for plugins in Node. Copy this file beside yours.
//
//     const pawl = require("./pawl.js");
//     pawl.heartbeat({ next: 7 });
//
// At a prompt, where there is no control channel, each does nothing or writes to stderr, and all works alike.
"use strict";
const fs = require("node:fs");

const EX_DATAERR = 65;
const EX_TEMPFAIL = 75;

// All of it, also where the pipe is full for a moment.
function write(descriptor, object) {
  let line = Buffer.from(JSON.stringify(object) + "\n");
  while (line.length > 0) {
    try {
      line = line.subarray(fs.writeSync(descriptor, line));
    } catch (error) {
      if (error.code !== "EAGAIN") throw error;
    }
  }
}

function send(type, members) {
  const channel = process.env.PAWL_CONTROL_FD;
  if (channel) write(Number(channel), { type, ...members });
}

function end(told, status) {
  write(1, told);
  process.exit(status);
}

// What the engine says of this attempt: labels, previous_error, checkpoint, callback; {} at a prompt.
function context() {
  const path = process.env.PAWL_CONTEXT;
  return path ? JSON.parse(fs.readFileSync(path, "utf8")) : {};
}

module.exports = {
  context,

  // It is alive; the checkpoint is handed to the next attempt.
  heartbeat: (checkpoint) => send("heartbeat", { checkpoint }),

  // The last checkpoint of an attempt before this one, else null.
  checkpoint: () => context().checkpoint ?? null,

  progress: (done, total, { unit, message } = {}) => send("progress", { done, total, unit, message }),

  // A line of the log: debug, info, warning or error.
  log: (level, message, fields) => write(2, { level, message, ...fields }),

  // No line of the log shows it from now on.
  mask: (value) => send("mask", { value }),

  // Keeps a file with the run.
  artifact: (name, path, media_type) => send("artifact", { name, path, media_type }),

  // Ends: not ready yet, to be run again in `after`, such as "30s".
  snooze: (after, message) => end({ class: "snooze", retry_after: after, message }, EX_TEMPFAIL),

  // Ends: the answer comes later, to context().callback.
  defer(timeout) {
    send("defer", { timeout });
    process.exit(0);
  },

  // Ends as failed, for good, or with `after` to be tried again then.
  error(type, message, { after, details } = {}) {
    const told = { type, message, retryable: after !== undefined, retry_after: after, details };
    end(told, after === undefined ? EX_DATAERR : EX_TEMPFAIL);
  },
};
