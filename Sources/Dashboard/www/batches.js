// Batches: one action on all runs that match a filter, and how far it is.
import { h, fill } from './dom.js';
import { View, table } from './view.js';
import { api } from './api.js';
import { badge, count, plain, shortId, time } from './format.js';
import { jsonView } from './json-view.js';
import { stringify } from './json.js';

customElements.define('pawl-batches', class extends View {
  render() {
    this.body = h('div');
    fill(this, this.heading('Batches'),
      h('p', { class: 'minor' },
        'Begin one from the list of runs: filter, select, “Act on all that match”.'), this.body);
    this.every(2000, () => this.reload());
  }

  update(query) {
    this.query = query;
    this.reload();
  }

  async load() {
    const id = this.query.get('id');
    if (id) return this.showOne(await api.get(`/v1/batches/${encodeURIComponent(id)}`,
      { signal: this.signal }));
    const page = await api.get('/v1/batches?limit=100', { signal: this.signal });
    fill(this.body, table('Batches', [
      { title: 'Batch', cell: (one) => h('a', { href: `/batches?id=${encodeURIComponent(one.id)}`,
        class: 'mono' },
        shortId(String(one.id))) },
      { title: 'Status', cell: (one) => badge(one.status ?? 'running') },
      { title: 'Action', cell: (one) => plain(one.action, 20) },
      { title: 'Filter', cell: (one) => plain(stringify(one.filter ?? {}), 120) },
      { title: 'Done', class: 'num', cell: (one) => progress(one) },
      { title: 'Begun', cell: (one) => time(one.created_at) },
    ], page.items, { empty: 'No batch yet.' }));
  }

  showOne(batch) {
    fill(this.body, h('p', {}, h('a', { href: '/batches' }, 'All batches')),
      h('h2', { class: 'mono' }, plain(batch.id, 60)), h('p', {}, badge(batch.status ?? 'running'), ' ',
        progress(batch)),
      batch.total ? h('progress', { max: batch.total, value: batch.done ?? 0, 'aria-label': 'Progress' })
        : null,
      jsonView('Batch', batch));
  }
});

function progress(batch) {
  const done = batch.done ?? batch.applied ?? batch.succeeded ?? 0;
  const words = [batch.total ? `${count(done)} of ${count(batch.total)}` : count(done)];
  for (const key of ['refused', 'skipped',
    'failed']) if (batch[key]) words.push(`${count(batch[key])} ${key}`);
  return words.join(', ');
}
