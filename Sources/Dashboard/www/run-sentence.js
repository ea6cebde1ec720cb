// What a run is doing and why, in a sentence for somebody who was woken up, and what to do about it.
import { api, runPath } from './api.js';
import { copy, debounce, fill, h } from './dom.js';
import { duration, isTerminal, plain, plural, time, word } from './format.js';
import { stringify } from './json.js';

/** The step whose failure is the cause: the innermost one that failed by itself. */
export function cause(steps) {
  const failed = steps.filter((step) => step.status === 'failed' && step.error);
  return failed.find((step) => step.attempts.length && !/[!:]/.test(step.path))
    ?? failed.sort((one, other) => other.path.split('/').length - one.path.split('/').length)[0];
}

const undone = {
  completed: ' What had been done was undone.',
  failed: ' Undoing what had been done failed too.',
  running: ' What had been done is being undone.',
};

/** The first sentence of a run's page, and what else the server's rules have found below it. */
export class RunSentence {
  constructor(model, { href }) {
    this.model = model;
    this.href = href;
    this.sentence = h('p', { class: 'sentence', 'aria-live': 'polite' });
    this.details = h('details', { class: 'findings', hidden: true });
    this.element = h('div', {}, this.sentence, this.details);
    this.ask = debounce(100, () => this.read());
  }

  /** Asks the server's rules, where they have more to say than the steps themselves. */
  async read() {
    const { run, signal } = this.model;
    if (!run || run.status === 'succeeded' || signal.aborted) return;
    try {
      this.diagnosis = await api.get(`${runPath(run.id)}/diagnosis`, { signal });
      this.show();
    } catch { /* the connection's state is shown by the pill */ }
  }

  show() {
    const { run, steps } = this.model;
    // An answer of before the run moved on says nothing now.
    const isCurrent = this.diagnosis?.status === run.status;
    if (!isCurrent && run.status !== 'succeeded') this.ask();
    const findings = isCurrent ? this.diagnosis.findings : [];
    keep(this.sentence, this.nodes(run, steps, findings));
    this.sentence.className = `sentence s-${run.status}`;
    this.showFindings(findings);
  }

  nodes(run, steps, findings) {
    const [first] = findings;
    if (run.status === 'succeeded') return [`Succeeded in ${took(run)}, `, time(run.times.ended_at), '.'];
    if (first && first.rule !== 'running') {
      return [this.linked(first), run.times.ended_at ? [' Ended ', time(run.times.ended_at), '.'] : '',
        undone[run.compensation] ?? '', ' ', action(first.action)];
    }
    const live = steps.filter((step) => step.status === 'running');
    const rest = live.length > 1 ? ` and ${plural(live.length - 1, 'other step')}` : '';
    if (live.length && !isTerminal(run.status)) return ['Running step ', this.link(live[0].path), rest, '.'];
    return [`${word(run.status)[0].toUpperCase()}${word(run.status).slice(1)}`,
      run.error ? `: ${plain(run.error.type, 80)}: ${plain(run.error.message, 300)}` : '', '.'];
  }

  link(path) { return h('a', { href: this.href(path), class: 'mono' }, plain(path, 120)); }

  /** The sentence, in which the step's name leads to the step. */
  linked({ sentence, step }) {
    const name = step && `“${plain(step.replace(/!$/, ''), 120)}”`;
    const at = name ? sentence.indexOf(name) : -1;
    if (at < 0) return plain(sentence);
    return [plain(sentence.slice(0, at)), this.link(step), plain(sentence.slice(at + name.length))];
  }

  showFindings(findings) {
    const state = JSON.stringify(findings);
    if (state === this.shown) return;
    this.shown = state;
    this.details.hidden = !findings.length;
    const more = findings.length > 1 ? `, and ${findings.length - 1} more to know` : '';
    fill(this.details, h('summary', {}, `What this is drawn from${more}`),
      findings.map((finding, index) => h('div', { class: 'finding' },
        index ? h('p', {}, this.linked(finding), ' ', action(finding.action)) : null,
        h('dl', { class: 'facts' }, h('dt', {}, 'rule'), h('dd', { class: 'mono' }, finding.rule),
          Object.entries(finding.evidence).map(([name, value]) => [h('dt', {}, plain(name, 60)),
            h('dd', {}, evidence(value))])))));
  }
}

function evidence(value) {
  const isLog = Array.isArray(value) && value.every((one) => typeof one === 'string');
  if (isLog && value.some((one) => one.includes(' '))) {
    return h('pre', {}, value.map((line) => `${plain(line, 400)}\n`));
  }
  return plain(typeof value === 'string' ? value : stringify(value), 1000);
}

function action({ text, command }) {
  return [`${plain(text)}: `, h('code', { class: 'advised' }, plain(command)), ' ',
    h('button', { class: 'link', 'aria-label': 'Copy the command', onclick: () => copy(command) }, 'Copy')];
}

/** Replaces content only if its text is another, so that a screen reader is not told twice. */
function keep(element, nodes) {
  const fresh = fill(h('p'), nodes);
  if (fresh.textContent !== element.textContent) element.replaceChildren(...fresh.childNodes);
}

const took = (run) => duration(Date.parse(run.times.ended_at) - Date.parse(run.times.created_at));
