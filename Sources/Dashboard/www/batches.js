// Batches: one action on all runs that match a filter, and how far it is.
import { h, fill } from './dom.js';
import { View, table } from './view.js';
import { api } from './api.js';
import { badge, count, plain, shortId, time } from './format.js';
import { stringify } from './json.js';

customElements.define('pawl-batches', class extends View {
  render() {
    this.body = h('div');
    fill(this, this.heading('Batches'),
      h('p', { class: 'minor' },
        'Begin one from the list of runs: filter, then “Act on all that match”.'), this.body);
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
      batch.total ? h('progress', { max: batch.total, value: batch.done + batch.failed,
        'aria-label': 'Progress' }) : null,
      h('dl', { class: 'facts' }, Object.entries({
        Action: plain(batch.action, 20), Filter: plain(stringify(batch.filter), 500),
        Reason: plain(batch.reason ?? '–', 500), By: plain(batch.started_by, 80),
        Begun: time(batch.created_at), Ended: batch.ended_at ? time(batch.ended_at) : '–',
      }).map(([name, value]) => [h('dt', {}, name), h('dd', {}, value)])),
      batch.failed ? table('Runs that were in no state for it', [
        { title: 'Run', cell: (one) => h('a', { href: `/runs/${one.run}`, class: 'mono' },
          shortId(one.run)) },
        { title: 'Why not', cell: (one) => plain(one.reason, 300) },
      ], batch.failures, { empty: '' }) : null);
  }
});

function progress(batch) {
  const words = `${count(batch.done)} of ${count(batch.total)}`;
  return batch.failed ? `${words}, ${count(batch.failed)} not` : words;
}
