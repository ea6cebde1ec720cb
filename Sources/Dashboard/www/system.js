// The server itself: ready or not, what it counts.
import { h, fill } from './dom.js';
import { View } from './view.js';
import { api } from './api.js';
import { histogram } from './charts.js';
import { badge, count, plain } from './format.js';

const shownMetrics = 200;

customElements.define('pawl-system', class extends View {
  former = new Map();

  render() {
    this.body = h('div');
    fill(this, this.heading('System'), this.body);
    this.every(5000, () => this.reload());
  }

  async load() {
    const [ready, text, charts] = await Promise.all([
      api.get('/readyz', { signal: this.signal }).catch((error) => ({ status: 'unavailable',
        detail: error.message })),
      api.get('/metrics', { signal: this.signal }),
      api.get('/v1/charts', { signal: this.signal }).catch(() => null),
    ]);
    const { status, ...parts } = ready;
    const metrics = readMetrics(text);
    const now = performance.now();
    const seconds = (now - (this.readAt ?? now)) / 1000;
    this.readAt = now;
    const listed = metrics.filter(({ name }) => !name.endsWith('_bucket'));
    const samples = (name) => metrics.filter((one) => one.name === name);
    const sum = (name) => {
      const found = samples(name);
      return found.length ? found.reduce((total, { value }) => total + value, 0) : undefined;
    };
    const glance = [['Live runs', sum('pawl_runs')], ['Steps under way', sum('pawl_steps')],
      ['Workers', sum('pawl_workers')], ['Slots used here', sum('pawl_slots_used')], ['Slots here',
        sum('pawl_slots')],
      ['Events to be decided', sum('pawl_undecided_events')]].filter(([, value]) => value !== undefined);
    const release = /version="([^"]*)"/.exec(samples('pawl_build_info')[0]?.labels ?? '')?.[1];
    if (release) glance.unshift(['Release', release]);
    fill(this.body, h('p', {}, badge(status)),
      h('dl', { class: 'facts' }, Object.entries(parts).map(([name, value]) =>
        [h('dt', {}, plain(name, 40)), h('dd', {}, plain(value, 300))]),
      glance.map(([name, value]) => [h('dt', {}, name), h('dd', { class: 'num' }, typeof value === 'number'
        ? count(value) : plain(value))])),
      charts ? [h('h2', {}, 'The last hour'), h('div', { class: 'histograms' },
        histogram('Runs, from creation to end', charts.run_duration),
        histogram('Steps, from ready to started', charts.queue_wait),
        histogram('Attempts, from start to end', charts.attempt_duration))] : null,
      h('h2', {}, 'Metrics'),
      h('div', { class: 'scroll' }, h('table', {}, h('caption', { class: 'offscreen' }, 'Metrics'),
        h('thead', {}, h('tr', {}, ['Metric', 'Value', 'A second'].map((title, index) =>
          h('th', { scope: 'col', class: index ? 'num' : '' }, title)))),
        h('tbody', {}, listed.slice(0, shownMetrics).map((one) => h('tr', {},
          h('th', { scope: 'row', class: 'mono' }, plain(one.name + one.labels, 160)),
          h('td', { class: 'num' }, Number.isInteger(one.value) ? count(one.value) : String(one.value)),
          h('td', { class: 'num' }, this.rate(one, seconds))))))),
      metrics.length > listed.length ? h('p', { class: 'note' }, 'Buckets of histograms are at ',
        h('a', { href: '/metrics', target: '_blank', rel: 'noopener' }, '/metrics')) : null);
  }

  rate({ name, labels, value }, seconds) {
    const former = this.former.get(name + labels);
    this.former.set(name + labels, value);
    if (!/_(total|count|sum)$/.test(name) || former === undefined || !seconds) return '';
    return ((value - former) / seconds).toFixed(1);
  }
});

/** The samples of the Prometheus text format. */
function readMetrics(text) {
  return text.split('\n').filter((line) => line && line[0] !== '#').map((line) => {
    const found = /^([\w:]+)(\{.*\})?\s+(\S+)/.exec(line);
    return found && { name: found[1], labels: found[2] ?? '', value: Number(found[3]) };
  }).filter(Boolean);
}
