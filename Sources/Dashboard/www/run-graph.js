// The workflow's graph with what this run has done of it.
import { h, fill, perFrame } from './dom.js';
import { api, target } from './api.js';
import { count, glyph, plain, word } from './format.js';
import { paint } from './graph.js';
import { problem } from './view.js';

/** `orders[3]/ship#2~1!` belongs to `orders/ship!`. */
export const definitionPath = (path) => path.replace(/\[\d+\]|#\d+|~\d+/g, '');

/** Of several, the status that says most. */
const order = ['failed', 'compensation_failed', 'running', 'compensating', 'backoff', 'waiting', 'queued',
  'pending', 'cancelled', 'compensated', 'succeeded', 'skipped'];

export class RunGraph {
  constructor(model, { select }) {
    this.model = model;
    this.select = select;
    this.follows = true;
    this.scale = 1;
    this.area = h('div', { class: 'graph-area', tabindex: '0', 'aria-label': 'Graph of the run' });
    this.followBox = h('input', { type: 'checkbox', checked: true, onchange: () => {
      this.follows = this.followBox.checked;
      this.show();
    } });
    this.element = h('div', { class: 'graph-view' }, h('div', { class: 'graph-tools' },
      h('label', {}, this.followBox, ' Follow what runs'),
      h('button', { onclick: () => this.zoom(1.25), 'aria-label': 'Zoom in' }, '+'),
      h('button', { onclick: () => this.zoom(0.8), 'aria-label': 'Zoom out' }, '−'),
      h('button', { onclick: () => this.fit() }, 'Fit'),
      h('button', { onclick: () => this.zoom(1 / this.scale) }, '100 %'),
      h('span', { class: 'legend' }, '⚑ handler  ↩ compensation  ×n fan-out  ↻ repeated')), this.area);
    this.redraw = perFrame(() => this.show());
  }

  async draw() {
    const { run } = this.model;
    if (!run) return;
    if (this.version !== run.version) {
      this.version = run.version;
      try {
        const path = `/v1/workflows/${encodeURIComponent(run.workflow)}/graph`;
        this.graph = await api.get(target(path, { version: run.version }), { signal: this.model.signal });
      } catch (error) {
        this.version = undefined;
        if (error.name !== 'AbortError') fill(this.area, problem(error, () => this.draw()));
        return;
      }
      this.painted = paint(this.graph, { label: `Graph of ${plain(run.workflow)}`,
        open: (box) => this.open(box) });
      fill(this.area, this.painted.element);
      if (this.graph.width > this.area.clientWidth) this.fit();
    }
    this.show();
  }

  /** Which steps of the run belong to each box. */
  stepsByPath() {
    const steps = new Map();
    for (const step of this.model.steps) {
      const path = definitionPath(step.path);
      if (steps.has(path)) steps.get(path).push(step); else steps.set(path, [step]);
    }
    return steps;
  }

  show() {
    if (!this.painted || !this.element.isConnected) return;
    const steps = this.stepsByPath();
    let active;
    for (const [path, { element, state, hint, box }] of this.painted.boxes) {
      const mine = steps.get(path) ?? [];
      // Of a fan-out its items count, not the step that they are of.
      const items = mine.filter((step) => /[[#]/.test(step.path));
      const counts = {};
      for (const { status } of items.length ? items : mine) counts[status] = (counts[status] ?? 0) + 1;
      const status = order.find((one) => mine.some((step) => step.status === one)) ?? 'pending';
      element.setAttribute('data-status', mine.length ? status : 'pending');
      state.textContent = items.length > 1
        ? order.filter((one) => counts[one]).slice(0, 3).map((one) => `${glyph(one)}${count(counts[one])}`)
          .join(' ')
        : mine.length ? glyph(status) : '';
      const words = Object.entries(counts).map(([one, number]) => `${count(number)} ${word(one)}`).join(', ');
      hint.textContent = `${plain(path)}: ${words || 'not reached'}`;
      element.setAttribute('aria-label', `${plain(box.title)}: ${words || 'not reached'}`);
      if (['running', 'backoff', 'waiting', 'compensating'].includes(status)
        && element.classList.contains('node')) {
        active ??= element;
      }
    }
    if (this.follows && active && active !== this.active) {
      active.scrollIntoView({ block: 'center', inline: 'center' });
    }
    this.active = active;
  }

  /** Chooses the step of a box: the one that says most. */
  open(box) {
    const mine = this.stepsByPath().get(box.path) ?? [];
    const step = order.map((status) => mine.find((one) => one.status === status)).find(Boolean);
    if (step) this.select(step);
  }

  choose(path) {
    const wanted = path ? definitionPath(path) : null;
    for (const [key, { element }] of this.painted?.boxes ?? []) element.classList.toggle('chosen',
      key === wanted);
  }

  zoom(factor) {
    this.scale = Math.min(3, Math.max(0.1, this.scale * factor));
    this.painted?.element.setAttribute('width', this.graph.width * this.scale);
    this.painted?.element.setAttribute('height', this.graph.height * this.scale);
  }

  fit() {
    if (!this.graph) return;
    const room = Math.min(this.area.clientWidth / this.graph.width, 1);
    this.zoom(Math.max(0.25, room) / this.scale);
  }
}
