// The page of one run.
import { h, fill, perFrame } from './dom.js';
import { View, tabs } from './view.js';
import { api, runPath, target } from './api.js';
import { setQuery } from './router.js';
import { badge, count, elapsed, glyph, isTerminal, plain, shortId, time, word } from './format.js';
import { RunModel } from './run-model.js';
import { RunSentence, cause } from './run-sentence.js';
import { runButtons } from './run-actions.js';
import { Timeline } from './run-timeline.js';
import { RunGraph } from './run-graph.js';
import { StepPanel } from './run-step.js';
import { Logs } from './run-logs.js';
import { History } from './run-history.js';
import { jsonView } from './json-view.js';

const narrow = matchMedia('(max-width: 64rem)');
const tabNames = [['timeline', 'Timeline'], ['graph', 'Graph'], ['logs', 'Logs'], ['data',
  'Input and output'],
  ['children', 'Children'], ['history', 'History']];

customElements.define('pawl-run', class extends View {
  connectedCallback() {
    const { id } = this.params;
    if (/^run_[0-9a-z]{26}$/.test(id)) {
      this.topics = [`run:${id}`];
    } else {
      // WORKFLOW:KEY names a run whose id is read first.
      this.abort = new AbortController();
      this.ends = [];
      this.resolve(id);
      return;
    }
    super.connectedCallback();
  }

  async resolve(name) {
    try {
      const run = await api.get(runPath(name));
      history.replaceState(null, '', `/runs/${run.id}${location.search}`);
      this.params = { id: run.id };
      this.connectedCallback();
    } catch (error) {
      fill(this, this.heading('Run'));
      this.fail(error);
    }
  }

  render() {
    this.model = new RunModel(this.params.id);
    const select = (step) => {
      setQuery({ step: step?.path === this.query.get('step') ? null : step?.path }, { replace: true });
      // Where the step stands below, it would open unseen.
      if (step && narrow.matches) this.panel.element.scrollIntoView({ block: 'start' });
    };
    this.timeline = new Timeline(this.model, { select });
    this.graph = new RunGraph(this.model, { select });
    this.logs = new Logs(this.model);
    this.ends.push(() => this.logs.stop());
    this.history = new History(this.model);
    this.panel = new StepPanel(this.model, {
      close: () => select(null), changed: () => this.reload(),
      logs: (path) => { setQuery({ tab: 'logs', log: path }); },
    });
    this.head = h('div', { class: 'run-head' });
    this.sentence = new RunSentence(this.model, { href: (path) => {
      const parameters = new URLSearchParams(location.search);
      parameters.set('step', path);
      return `${location.pathname}?${parameters}`;
    } });
    this.counts = h('p', { class: 'counts' });
    this.buttons = h('div', { class: 'buttons', role: 'group', 'aria-label': 'Actions' });
    this.tabBar = h('div');
    this.body = h('div', { class: 'run-body' });
    fill(this, this.head, this.sentence.element, this.counts, this.buttons, this.tabBar,
      h('div', { class: 'run-main' }, this.body, this.panel.element));
    this.drawHead = perFrame(() => this.showHead());
    this.model.addEventListener('change', ({ detail }) => this.changed(detail));
    // What waits tells why, and that can change without the run.
    this.every(5000, () => { if (this.isLive) this.refresh(); });
    this.every(1000, () => { if (this.isLive && this.tab === 'timeline') this.timeline.redraw(); });
    this.update(this.query);
  }

  get isLive() { return this.model.run && !isTerminal(this.model.run.status); }

  get tab() {
    const name = this.query.get('tab');
    return tabNames.some(([key]) => key === name) ? name : 'timeline';
  }

  update(query) {
    this.query = query;
    fill(this.tabBar, tabs('Views of the run', tabNames, this.tab, (key) => {
      const parameters = new URLSearchParams(location.search);
      parameters.set('tab', key);
      return `${location.pathname}?${parameters}`;
    }));
    this.showTab();
    this.showStep();
  }

  async load() {
    await this.model.load(this.signal);
    this.model.readQueueTimes().catch(() => {});
  }

  /** Reads the run itself again, not its steps. */
  async refresh() {
    try {
      this.model.run = { ...this.model.run, ...await api.get(runPath(this.model.id),
        { signal: this.signal }) };
      this.showHead();
      this.sentence.read();
    } catch { /* the connection's state is shown by the pill */ }
  }

  heard(name, data) {
    const wasLive = !isTerminal(this.model.run?.status);
    this.model.heard(name, data);
    if (name === 'step' && data.step?.path === this.query.get('step')) this.showStep(true);
    // Its output is not in the stream.
    if (name === 'run' && wasLive && isTerminal(data.run?.status)) this.refresh().then(() => this.showTab());
  }

  changed(detail) {
    this.drawHead();
    if (detail === 'all') {
      this.showTab();
      this.showStep();
    } else if (detail === 'steps') {
      if (this.tab === 'timeline') this.timeline.redraw();
      if (this.tab === 'graph') this.graph.redraw();
    } else if (this.tab === 'history' && this.history.list.isAtEnd) {
      this.history.more();
    }
  }

  // MARK: drawing

  showHead() {
    const { run, steps } = this.model;
    if (!run || !this.isConnected) return;
    const labels = Object.entries(run.labels ?? {});
    document.title = `${glyph(run.status)} ${plain(run.workflow, 40)} · Pawl`;
    fill(this.head, h('h1', {}, badge(run.status), ' ',
      h('a', { href: `/workflows/${encodeURIComponent(run.workflow)}?version=${run.version}` },
        `${plain(run.workflow, 80)}@${run.version}`),
      run.key ? h('span', { class: 'key' }, ` ${plain(run.key, 80)}`) : null),
    h('p', { class: 'minor' }, h('span', { class: 'mono' }, run.id), ' · started ',
      time(run.times.created_at),
      run.started_by ? ` by ${plain(run.started_by, 60)}` : '', run.times.ended_at ? ' · took ' : ' · for ',
      elapsed(run.times.created_at, run.times.ended_at),
      run.parent ? [' · child of ', h('a', { href: `/runs/${parentId(run)}`, class: 'mono' },
        shortId(parentId(run)))] : '',
      run.schedule ? [' · by schedule ', h('a', { href: `/schedules/${encodeURIComponent(run.schedule)}` },
        plain(run.schedule, 60))] : '',
      labels.map(([name, value]) => [' ', h('a', {
        class: 'chip', href: `/runs?${new URLSearchParams({ [`label.${name}`]: value })}`,
      }, `${plain(name, 40)}=${plain(value, 40)}`)])));
    this.sentence.show();
    fill(this.counts, Object.entries(run.step_counts ?? {}).map(([status, number]) =>
      h('span', { class: `status s-${status}` }, h('span', { class: 'glyph', 'aria-hidden': 'true' },
        glyph(status)),
        `${count(number)} ${word(status)}`)));
    this.showButtons(run);
  }

  /** Buttons stay the same elements while they do the same, so that none moves under a pointer. */
  showButtons(run) {
    const state = `${run.status} ${run.compensation}`;
    if (this.buttonState === state) return;
    this.buttonState = state;
    fill(this.buttons, runButtons(run, () => this.reload()));
  }

  showTab() {
    const { run } = this.model;
    if (this.shownTab !== this.tab) {
      this.shownTab = this.tab;
      const part = { timeline: this.timeline, graph: this.graph, logs: this.logs,
        history: this.history }[this.tab];
      fill(this.body, part?.element ?? null);
    }
    if (!run) return;
    switch (this.tab) {
      case 'timeline': this.timeline.draw(); break;
      case 'graph': this.graph.draw().then(() => this.graph.choose(this.query.get('step'))); break;
      case 'logs': this.logs.show(this.query.get('log') ?? ''); break;
      case 'history': this.history.show(); break;
      case 'children': this.showChildren(); break;
      default: fill(this.body, jsonView('Input', run.input), jsonView('Output', run.output),
        run.error ? jsonView('Error', run.error) : null);
    }
  }

  async showChildren() {
    try {
      const page = await api.get(target('/v1/runs', { parent: this.model.id, limit: 100 }),
        { signal: this.signal });
      const mine = page.items.filter((child) => parentId(child) === this.model.id);
      if (this.tab !== 'children') return;
      fill(this.body, mine.length ? h('ul', { class: 'plain' }, mine.map((child) => h('li', {},
        badge(child.status), ' ',
        h('a', { href: `/runs/${child.id}` }, plain(child.workflow, 80)), ' ',
        h('span', { class: 'mono minor' }, shortId(child.id)), ' ', time(child.times.created_at))))
        : h('p', { class: 'empty' }, 'This run has started no other runs.'));
    } catch (error) {
      this.fail(error);
    }
  }

  /** Shows the step of the URL; a failed run that is opened without one shows its cause. */
  showStep(isAgain = false) {
    const { model } = this;
    if (!model.run) return;
    let path = this.query.get('step');
    if (!path && !this.wasOpened && model.run.status === 'failed') path = cause(model.steps)?.path;
    if (path && !this.wasOpened && !this.query.get('step')) {
      this.wasOpened = true;
      return setQuery({ step: path }, { replace: true });
    }
    this.wasOpened = true;
    const step = path ? model.byPath.get(path) ?? null : null;
    if (path !== this.timeline.chosen) {
      this.timeline.chosen = path;
      if (this.tab === 'timeline') this.timeline.draw();
    }
    this.graph.choose(path);
    if (isAgain || step !== this.panel.step) this.panel.show(step);
  }

  key(event) {
    if (event.key === 'Escape') setQuery({ step: null }, { replace: true });
    else if (this.tab === 'timeline') this.timeline.key(event);
  }
});

/** A parent is an id, or an object with one. */
const parentId = (run) => (typeof run.parent === 'object' ? run.parent?.run ?? run.parent?.id : run.parent)
  ?? '';
