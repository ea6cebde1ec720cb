// Queues and workers, as they change.
import { h, fill } from './dom.js';
import { View, table } from './view.js';
import { api } from './api.js';
import { badge, count, elapsed, plain, shortId, time } from './format.js';
import { confirm, quoted, toast } from './dialog.js';
import { parse } from './json.js';

/** A list that a stream keeps up to date. */
class LiveTable extends View {
  items = new Map();

  render() {
    this.body = h('div');
    this.note = h('p', { class: 'note' });
    fill(this, this.heading(this.title_), this.body, this.note);
  }

  async load() {
    const page = await api.get(`/v1/${this.topics[0]}?limit=500`, { signal: this.signal });
    this.items = new Map(page.items.map((item) => [this.keyOf(item), item]));
    this.draw();
  }

  heard(name, data) {
    const item = data[name];
    // The stream tells less of an entity than its list, where other settings are in it.
    if (item) this.items.set(data.id, { ...this.items.get(data.id), ...item });
    else if (this.items.get(data.id)) this.items.set(data.id, { ...this.items.get(data.id),
      ...this.nothing });
    this.draw();
  }
}

customElements.define('pawl-queues', class extends LiveTable {
  topics = ['queues'];
  title_ = 'Queues';
  nothing = { ready: 0, blocked: 0, running: 0, held: 0, oldest_ready_at: null };
  keyOf = ({ name }) => name;

  draw() {
    const items = [...this.items.values()].sort((one, other) => one.name.localeCompare(other.name));
    const number = (key) => (one) => count(one[key] ?? 0);
    fill(this.body, table('Queues', [
      { title: 'Queue', cell: (one) => h('span', { class: 'mono' }, plain(one.name, 120)) },
      { title: 'State', cell: (one) => (one.paused ? badge('paused') : h('span',
        { class: 'status s-succeeded' },
        h('span', { class: 'glyph', 'aria-hidden': 'true' }, '●'), 'open')) },
      { title: 'Ready', class: 'num', cell: number('ready') },
      { title: 'Running', class: 'num', cell: number('running') },
      { title: 'Blocked', class: 'num', cell: number('blocked') },
      { title: 'Held back', class: 'num', cell: number('held') },
      { title: 'Workers', class: 'num', cell: number('workers') },
      { title: 'Oldest waits', class: 'num', cell: (one) => elapsed(one.oldest_ready_at) },
      { title: 'Limits', cell: (one) => this.limits(one) },
      { title: '', cell: (one) => h('span', { class: 'buttons' }, this.buttons(one)) },
    ], items, { empty: 'No queue has a step in it now.' }));
    this.note.textContent =
      'Blocked are steps that wait for a slot or a rate; held back those that wait for a timer, a signal '
      + 'or their next attempt.';
  }

  limits(one) {
    const words = ['concurrency', 'rate', 'weight'].filter((key) => one[key] !== undefined
      && one[key] !== null)
      .map((key) => `${key} ${typeof one[key] === 'object' ? Object.values(one[key]).join('/') : one[key]}`);
    return words.length ? plain(words.join(', '), 80) : h('span', { class: 'none' }, 'none');
  }

  buttons(one) {
    const path = `/v1/queues/${encodeURIComponent(one.name)}`;
    const act = (action, title, text) => h('button', { onclick: async () => {
      const result = await confirm({
        title: `${title} queue “${plain(one.name, 60)}”?`, text, verb: title,
        cli: () => `pawl queue ${action} ${quoted(one.name)}`,
        request: () => ['POST', `${path}/${action}`, {}],
        call: () => api.post(`${path}/${action}`, {}),
      });
      if (result) { toast(`${title}: done.`); this.reload(); }
    } }, title);
    const set = h('button', { onclick: async () => {
      const body = ({ concurrency, rate, weight }) => {
        const [limit, per] = rate.split('/');
        return {
          ...(concurrency ? { concurrency: asJSON(concurrency) } : {}),
          ...(weight ? { weight: asJSON(weight) } : {}),
          ...(rate ? { rate: { limit: asJSON(limit), per: (per ?? '').trim() } } : {}),
        };
      };
      const flag = (name, value) => (value ? ` --${name} ${quoted(value)}` : '');
      const result = await confirm({
        title: `Limits of “${plain(one.name, 60)}”`, verb: 'Set',
        text: 'They hold for all workers from now on. What is left empty is as if never said.',
        fields: [
          { name: 'concurrency', label: 'Steps that may run at once', value: one.concurrency ?? '' },
          { name: 'rate', label: 'Starts within a time', value: one.rate
            ? `${one.rate.limit}/${one.rate.per}` : '',
            placeholder: '100/1m' },
          { name: 'weight', label: 'Weight against other queues', value: one.weight ?? '' },
        ],
        cli: (values) => `pawl queue set ${quoted(one.name)}`
          + ['concurrency', 'rate', 'weight'].map((name) => flag(name, values[name])).join(''),
        request: (values) => ['PUT', path, body(values)],
        call: (values) => api.put(path, body(values)),
      });
      if (result) { toast('The limits are set.'); this.reload(); }
    } }, 'Limits…');
    return [one.paused ? act('resume', 'Resume', 'Its steps are claimed again.')
      : act('pause', 'Pause', 'What runs goes on; nothing more of it is claimed until it is resumed.'), set];
  }
});

function asJSON(text) {
  try { return parse(text.trim()); } catch { return text.trim(); }
}

customElements.define('pawl-workers', class extends LiveTable {
  topics = ['workers'];
  title_ = 'Workers';
  nothing = { alive: false, running: 0 };
  keyOf = ({ id }) => id;

  draw() {
    const items = [...this.items.values()].sort((one, other) => other.alive - one.alive
      || other.registered_at.localeCompare(one.registered_at));
    const about = (one) => one.about ?? {};
    fill(this.body, table('Workers', [
      { title: 'Worker', cell: (one) => h('span', { class: 'mono', title: one.id }, shortId(one.id)) },
      { title: 'State', cell: (one) => badge(!one.alive ? 'gone' : one.draining ? 'draining' : 'alive') },
      { title: 'Host', cell: (one) => plain(about(one).host ?? '–', 60) },
      { title: 'Release', cell: (one) => plain(about(one).release ?? '–', 30) },
      { title: 'Busy', class: 'num', cell: (one) =>
        `${count(one.running)} of ${plain(about(one).slots ?? '?', 10)}` },
      { title: 'Queues', cell: (one) => plain([about(one).queues ?? []].flat().join(', '), 80) },
      { title: 'Plugins', cell: (one) => plain([about(one).plugins
        ?? []].flat().map((plugin) => plugin.name ?? '')
        .filter(Boolean).join(', '), 120) },
      { title: 'Since', cell: (one) => time(one.registered_at) },
      { title: 'Lease until', cell: (one) => time(one.expires_at) },
      { title: '', cell: (one) => (one.alive && !one.draining ? this.drain(one) : null) },
    ], items, { empty: 'No worker is registered: steps wait. Start one: pawl worker' }));
    this.note.textContent = 'A worker that is gone lost its lease; its steps are run again by others.';
  }

  drain(one) {
    return h('button', { onclick: async () => {
      const path = `/v1/workers/${encodeURIComponent(one.id)}/drain`;
      const result = await confirm({
        title: `Drain worker ${shortId(one.id)}?`, verb: 'Drain',
          text: 'It claims nothing more, ends what it runs.',
        cli: () => `pawl worker drain ${one.id}`, request: () => ['POST', path, {}],
          call: () => api.post(path, {}),
      });
      if (result) { toast('It drains.'); this.reload(); }
    } }, 'Drain');
  }
});
