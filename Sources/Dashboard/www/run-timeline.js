// Every attempt as a bar: waiting thin, running full, back-off hatched; long silences collapsed.
import { h, fill, perFrame } from './dom.js';
import { clock, count, duration, glyph, plain, plural, word } from './format.js';
import { VirtualList } from './virtual.js';
import { TimeScale } from './time-scale.js';
import { foldRows } from './timeline-rows.js';

const narrow = matchMedia('(max-width: 45rem)');

export class Timeline {
  /** `select(step)` is called with the step of a row that was chosen. */
  constructor(model, { select }) {
    this.model = model;
    this.select = select;
    this.open = new Set();
    this.filter = '';
    this.list = new VirtualList({
      height: 26, label: 'Steps', className: 'steps', row: (index) => this.row(index),
        near: () => model.more(),
    });
    this.axis = h('div', { class: 'axis', 'aria-hidden': 'true' });
    const box = h('input', {
      type: 'search', placeholder: 'Filter steps: path, status or error', 'aria-label': 'Filter steps',
      oninput: () => { this.filter = box.value.toLowerCase(); this.draw(); },
    });
    this.note = h('span', { class: 'note', 'aria-live': 'polite' });
    this.element = h('div', { class: 'timeline' },
      h('div', { class: 'timeline-tools' }, box, this.note, legend()), this.axis, this.list.element);
    this.redraw = perFrame(() => this.draw());
  }

  draw() {
    const { model } = this;
    if (!model.run) return;
    this.now = clock.now();
    const spans = model.steps.flatMap(({ start, end, queued, attempts }) => [
      [queued ?? start, end ?? this.now],
      ...attempts.map((one) => [one.start, one.end ?? this.now]),
    ]).filter(([from]) => from !== null);
    const from = Date.parse(model.run.times.created_at);
    const to = model.run.times.ended_at ? Date.parse(model.run.times.ended_at) : this.now;
    const busy = model.steps.filter(({ attempts }) => attempts.length)
      .flatMap(({ attempts }) => attempts.map((one) => [one.start, one.end ?? this.now]));
    this.scale = new TimeScale(from, Math.max(to, from + 1), busy.length ? busy : spans);
    this.rows = foldRows(model.steps, this.open, this.filter);
    fill(this.axis, this.scale.ticks().map(({ at, text, isGap }) =>
      h('span', { class: isGap ? 'gap' : '', style: { left: `${at}%` } }, text)));
    const shown = model.steps.length;
    this.note.textContent = plural(shown, 'step') + (model.hasAll ? '' : ' read');
    this.list.update(this.rows.length);
  }

  row(index) {
    const row = this.rows[index];
    return row.items ? this.folded(row) : this.single(row);
  }

  single({ step, depth }) {
    const isChosen = step.path === this.chosen;
    const label = `${step.path}, ${word(step.status)}`;
    return h('div', { role: 'row', class: `step${isChosen ? ' chosen' : ''}` },
      h('span', { role: 'cell', class: 'name', style: { paddingLeft: `${indent(depth)}rem` } },
        h('button', {
          class: `link s-${step.status}`, title: plain(label), 'aria-pressed': String(isChosen),
          onclick: () => this.select(step),
        }, h('span', { class: 'glyph', 'aria-hidden': 'true' }, glyph(step.status)),
        h('span', { class: 'offscreen' }, `${word(step.status)} `),
        plain(step.path.split('/').at(-1), 80))),
      h('span', { role: 'cell', class: 'bars' }, this.gaps(), this.bars(step)),
      h('span', { role: 'cell', class: 'took num' },
        took(step, this.now)));
  }

  bars(step) {
    const bars = [];
    const { attempts } = step;
    if (!attempts.length) {
      const from = step.queued ?? step.start;
      if (from !== null) bars.push(this.bar(from, step.end ?? this.now, `wait s-${step.status}`,
        word(step.status)));
      return bars;
    }
    let last = step.queued;
    for (const one of attempts) {
      if (last !== null && one.start > last) {
        const kind = one.number > 1 ? 'backoff' : 'queue';
        bars.push(this.bar(last, one.start, kind, kind === 'queue' ? 'queued'
          : 'waited for the next attempt'));
      }
      const end = one.end ?? this.now;
      const isSuperseded = one !== attempts.at(-1) && one.status === 'failed';
      bars.push(this.bar(one.start, end, `run s-${one.status}${isSuperseded ? ' old' : ''}`,
        `attempt ${one.number} ${word(one.status)}`));
      last = end;
    }
    if (!step.end && !['running', 'succeeded', 'failed'].includes(step.status)) {
      bars.push(this.bar(last, this.now, step.status === 'backoff' ? 'backoff' : 'queue', word(step.status)));
    }
    return bars;
  }

  bar(from, to, kind, text) {
    const left = this.scale.place(from);
    const width = Math.max(0.15, this.scale.place(to) - left);
    return h('span', {
      class: `bar ${kind}`, title: `${text}: ${duration(to - from)}`,
      style: { left: `${left}%`, width: `${Math.min(width, 100 - left)}%` },
    });
  }

  gaps() {
    return this.scale.gaps.map(({ at, width }) =>
      h('span', { class: 'idle', style: { left: `${at}%`, width: `${width}%` } }));
  }

  /** Many items of one fan-out as one row with counts. */
  folded({ key, items, depth, isOpen }) {
    const counts = {};
    let from = Infinity;
    let to = -Infinity;
    for (const item of items) {
      counts[item.status] = (counts[item.status] ?? 0) + 1;
      if (item.start !== null) { from = Math.min(from, item.start); to = Math.max(to, item.end ?? this.now); }
    }
    const words = Object.entries(counts).map(([status, number]) => h('span', { class: `s-${status}` },
      h('span', { class: 'glyph', 'aria-hidden': 'true' }, glyph(status)),
        `${count(number)} ${word(status)} `));
    return h('div', { role: 'row', class: 'step fold' },
      h('span', { role: 'cell', class: 'name', style: { paddingLeft: `${indent(depth)}rem` } },
        h('button', { class: 'link', 'aria-expanded': String(isOpen), onclick: () => {
          if (!this.open.delete(key)) this.open.add(key);
          this.draw();
        } }, `${isOpen ? '▾' : '▸'} ${plain(key.split('/').at(-1), 60)} ×${count(items.length)}`)),
      h('span', { role: 'cell', class: 'bars' }, this.gaps(),
        Number.isFinite(from) ? this.bar(from, to, 'all', `${count(items.length)} items`) : null,
        h('span', { class: 'counts' }, words)),
      h('span', { role: 'cell', class: 'took num' }, Number.isFinite(from) ? duration(to - from) : ''));
  }

  choose(path) {
    this.chosen = path;
    this.draw();
  }

  key(event) {
    if (event.key !== 'j' && event.key !== 'k') return;
    const places = this.rows?.map((row, index) => (row.step ? index : -1)).filter((index) => index >= 0)
      ?? [];
    const now = places.findIndex((index) => this.rows[index].step.path === this.chosen);
    const next = places[Math.max(0, Math.min(places.length - 1, now + (event.key === 'j' ? 1 : -1)))];
    if (next === undefined || this.rows[next].step.path === this.chosen) return;
    this.list.scrollTo(next);
    this.select(this.rows[next].step);
  }
}

/** From the first attempt, or from when it began to wait. */
function took({ start, end, queued, attempts }, now) {
  const from = attempts[0]?.start ?? queued ?? start;
  return from === null ? '' : duration((end ?? now) - from);
}

const indent = (depth) => 0.4 + Math.min(depth, narrow.matches ? 2 : 6) * 0.9;

function legend() {
  return h('span', { class: 'legend', 'aria-hidden': 'true' },
    [['queue', 'queued'], ['run s-running', 'ran'], ['backoff', 'backing off'], ['wait', 'waiting']].map(
      ([kind, text]) => h('span', {}, h('i', { class: `bar ${kind}` }), text)));
}
