// One step: why it stands as it does, each of its attempts, what it was given and gave.
import { h, fill } from './dom.js';
import { api, runPath, target } from './api.js';
import { badge, bytes, duration, elapsed, plain, shortId, time, visible } from './format.js';
import { jsonView } from './json-view.js';
import { stepButtons, signal } from './run-actions.js';
import { problem } from './view.js';

const signals = { 9: 'SIGKILL', 15: 'SIGTERM', 11: 'SIGSEGV', 6: 'SIGABRT', 2: 'SIGINT', 13: 'SIGPIPE',
  24: 'SIGXCPU',
  25: 'SIGXFSZ' };
const codes = { 64: 'usage', 65: 'bad data', 68: 'no host', 75: 'try again', 77: 'no permission',
  78: 'configuration',
  126: 'not executable', 127: 'not found' };

export function exitText(exit) {
  if (!exit) return 'no process was started';
  if (exit.signal) return `killed by ${signals[exit.signal] ?? `signal ${exit.signal}`}`;
  return `exit ${exit.code}${codes[exit.code] ? ` (${codes[exit.code]})` : ''}`;
}

/** Whether two attempts failed in the same way. */
const isAlike = (one, other) => one.error && other.error && one.error.type === other.error.type
  && one.error.message === other.error.message;

export class StepPanel {
  constructor(model, { close, changed, logs }) {
    this.model = model;
    this.changed = changed;
    this.logs = logs;
    this.close = close;
    this.element = h('aside', { class: 'panel', 'aria-label': 'Step', hidden: true });
  }

  /** Shows a step; null hides the panel. */
  async show(step) {
    this.step = step;
    this.element.hidden = !step;
    if (!step) return;
    const asked = Symbol('read');
    this.asked = asked;
    try {
      const page = await api.get(target(`${runPath(this.model.id)}/steps`,
        { cursor: step.number - 1, limit: 1, outputs: true }), { signal: this.model.signal });
      const full = page.items.find(({ path }) => path === step.path);
      if (this.asked === asked && full) this.draw(full);
    } catch (error) {
      if (error.name !== 'AbortError') fill(this.element, problem(error, () => this.show(step)));
    }
  }

  draw(step) {
    const { run } = this.model;
    const wait = (run.waiting_for ?? []).find((one) => one.step === step.path);
    const attempts = step.attempts ?? [];
    const start = attempts[0]?.started_at ?? step.started_at;
    fill(this.element,
      h('div', { class: 'panel-head' }, h('h2', { class: 'mono' }, plain(step.path, 200)),
        h('button', { class: 'quiet', 'aria-label': 'Close step', onclick: this.close }, '×')),
      h('p', {}, badge(step.status), ' ', step.ended_at
        ? ['took ', elapsed(start, step.ended_at), ', ended ', time(step.ended_at)]
        : start ? ['for ', elapsed(start)] : null),
      wait ? h('p', { class: 'callout' }, plain(wait.text, 400)) : null,
      this.error(step.error),
      h('div', { class: 'buttons' }, stepButtons(run, step, this.changed),
        wait?.reason === 'signal' || wait?.reason === 'event'
          ? h('button', { class: 'primary', onclick: () => signal(run, /“(.+)”/.exec(wait.text)?.[1] ?? '',
            this.changed) },
            'Send the signal…') : null,
        h('button', { onclick: () => this.logs(step.path) }, 'Logs')),
      attempts.length ? h('h3', {}, attempts.length === 1 ? 'Attempt' : `${attempts.length} attempts`) : null,
      this.attempts(attempts),
      jsonView('Input', step.input), jsonView('Output', step.output));
  }

  error(error) {
    if (!error) return null;
    const { type, message, details, ...rest } = error;
    return h('div', { class: 'callout bad' }, h('strong', {}, plain(type, 120)),
      h('pre', {}, visible(String(message ?? '').slice(0, 8000))),
      details || rest.cause ? jsonView('Details', { ...(details ? { details } : {}), ...rest },
        { open: false }) : null);
  }

  /** The newest first; those before it that failed alike are told in one line. */
  attempts(attempts) {
    const shown = [];
    for (const one of [...attempts].reverse()) {
      const last = shown.at(-1);
      if (last && isAlike(last.one, one)) last.folded++; else shown.push({ one, folded: 0 });
    }
    return h('ol', { class: 'attempts' }, shown.map(({ one, folded }) => this.attempt(one, folded)));
  }

  attempt(one, folded) {
    const took = one.ended_at ? Date.parse(one.ended_at) - Date.parse(one.started_at) : null;
    return h('li', {}, h('div', { class: 'attempt' }, h('span', { class: 'minor' }, `#${one.number} `),
      badge(one.status), ' ', h('span', { class: 'num' }, took === null ? elapsed(one.started_at)
        : duration(took)),
      ' ', one.ended_at ? h('span', {}, exitText(one.exit)) : null,
      h('span', { class: 'minor' }, ' on ', h('span', { class: 'mono', title: one.worker },
        shortId(one.worker ?? '–')), ', ', time(one.started_at)),
      folded ? h('span', { class: 'minor' }, ` · ${folded} before it failed alike`) : null),
    one.error ? h('p', { class: 'bad' }, h('strong', {}, plain(one.error.type, 80)),
      ` ${plain(one.error.message ?? '', 300)}`) : null,
    this.receipt(one));
  }

  receipt(one) {
    const { receipt, enforced, digest } = one;
    if (!receipt && !enforced) return null;
    const facts = receipt ? [
      ['Wall', duration(Number(receipt.wall_ms))], ['CPU', `${duration(Number(receipt.user_ms))} user, `
        + `${duration(Number(receipt.system_ms))} system`],
      ['Peak memory', bytes(Number(receipt.peak_memory_bytes ?? 0))],
      ['stdout / stderr', `${bytes(Number(receipt.stdout_bytes ?? 0))} / `
        + bytes(Number(receipt.stderr_bytes ?? 0))],
    ] : [];
    return h('details', {}, h('summary', {}, 'Receipt and limits'),
      h('dl', { class: 'facts' }, facts.map(([name, value]) => [h('dt', {}, name), h('dd', {}, value)]),
        digest ? [h('dt', {}, 'Plugin digest'), h('dd', { class: 'mono' }, plain(digest).slice(0, 16))]
          : null),
      enforced?.length ? h('ul', { class: 'limits' }, enforced.map((limit) => h('li', {},
        h('span', { 'aria-hidden': 'true' }, limit.mechanism ? '✓ ' : '✕ '), plain(limit.limit),
        h('span', { class: 'minor' }, limit.mechanism ? ` by ${plain(limit.mechanism)}`
          : ' not enforced on this host'),
      ))) : null);
  }
}
