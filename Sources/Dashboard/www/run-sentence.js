// What a run is doing and why, in a sentence for somebody who was woken up.
import { h } from './dom.js';
import { duration, plain, plural, shortId, time, word } from './format.js';

const ends = { succeeded: 'Succeeded', failed: 'Failed', cancelled: 'Cancelled', terminated: 'Terminated' };

/** The step whose failure is the cause: the innermost one that failed by itself. */
export function cause(steps) {
  const failed = steps.filter((step) => step.status === 'failed' && step.error);
  return failed.find((step) => step.attempts.length && !/[!:]/.test(step.path))
    ?? failed.sort((one, other) => other.path.split('/').length - one.path.split('/').length)[0];
}

const undone = {
  completed: ' What had been done was undone.',
  failed: ' Undoing what had been done failed too: retry continues it.',
  running: ' What had been done is being undone.',
};

function exit(attempt) {
  if (attempt?.exit?.signal) return `, killed by signal ${attempt.exit.signal}`;
  const code = attempt?.exit?.code;
  if (code === 126 || code === 127) return `, exit ${code}: the program could not be started`;
  return code ? `, exit ${code}` : '';
}

/** The sentence as nodes; `href(path)` links to a step. */
export function sentence(run, steps, href) {
  const link = (path) => h('a', { href: href(path), class: 'mono' }, plain(path, 120));
  switch (run.status) {
    case 'succeeded':
      return [`Succeeded in ${took(run)}, `, time(run.times.ended_at), '.'];
    case 'failed': case 'cancelled': case 'terminated': case 'compensating': case 'cancelling': {
      const step = run.status === 'cancelled' || run.status === 'terminated' ? null : cause(steps);
      const lead = ends[run.status] ?? (run.status === 'compensating' ? 'Failed and undoing'
        : 'Being cancelled');
      const error = step?.error ?? run.error;
      return [
        lead, step ? [': step ', link(step.path), ' – '] : error ? ': ' : '',
        error ? [h('strong', {}, plain(error.type, 80)), error.message ? `: ${plain(error.message, 400)}`
          : ''] : '',
        step ? `${exit(step.attempts.at(-1))} (attempt ${step.attempts.length || 1})` : '',
        run.times.ended_at ? [', ', time(run.times.ended_at)] : '', '.', undone[run.compensation] ?? '',
      ];
    }
    default: {
      const waits = run.waiting_for ?? [];
      if (waits.length && run.status !== 'running') return waiting(run, waits, link);
      const live = steps.filter((step) => step.status === 'running');
      const [first] = live;
      const rest = live.length > 1 ? ` and ${plural(live.length - 1, 'other step')}` : '';
      return [first ? ['Running step ', link(first.path), rest, '.'] : `${capital(word(run.status))}.`,
        waits.length ? [' ', ...waiting(run, waits, link)] : ''];
    }
  }
}

function waiting(run, waits, link) {
  const [first] = waits;
  return [
    first.step ? ['Step ', link(first.step), ` ${plain(first.text, 300)}`] : capital(plain(first.text, 300)),
    first.until ? [' (', time(first.until), ')'] : '',
    waits.length > 2 ? `, and ${plural(waits.length - 1, 'other step')} wait.`
      : waits.length > 1 ? ', and 1 other step waits.' : '.',
    (first.holders ?? []).length ? [' Held by ', first.holders.slice(0, 3).map((holder, index) => [index
      ? ', ' : '',
      holder.startsWith('run_') ? h('a', { href: `/runs/${holder}`, class: 'mono' }, shortId(holder))
        : plain(holder, 60)]), '.'] : '',
    advice[first.reason] ? ` ${advice[first.reason]}` : '',
  ];
}

const advice = {
  no_worker: 'Start a worker that serves this queue: pawl worker.',
  queue_paused: 'Resume the queue to let it go on.',
  paused: 'Resume the run to let it go on.',
  unenforceable: 'No live worker can keep a limit that the step requires.',
  signal: 'Send the signal to let it go on.',
};

const capital = (text) => text[0].toUpperCase() + text.slice(1);
const took = (run) => duration(Date.parse(run.times.ended_at) - Date.parse(run.times.created_at));
