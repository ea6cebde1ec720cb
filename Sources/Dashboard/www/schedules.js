// Schedules and their next instants.
import { h, fill } from './dom.js';
import { View, table } from './view.js';
import { api, target } from './api.js';
import { badge, count, plain, shortId, time, word } from './format.js';
import { confirm, quoted, toast } from './dialog.js';
import { jsonView } from './json-view.js';
import { navigate } from './router.js';
import { cronWords } from './cron-words.js';

const path = (name) => `/v1/schedules/${encodeURIComponent(name)}`;
const page = (name) => `/schedules/${encodeURIComponent(name)}`;

/** What a schedule's times are, in words and in its zone. */
function rhythm(one) {
  if (one.every) return `every ${plain(one.every, 40)}`;
  return h('span', {}, h('code', {}, plain(one.cron ?? '', 80)), ' ',
    h('span', { class: 'minor' }, cronWords(one.cron ?? ''), ` ${plain(one.zone ?? 'UTC', 60)}`));
}

const state = (one) => (one.paused ? badge('paused') : h('span', { class: 'status s-succeeded' },
  h('span', { class: 'glyph', 'aria-hidden': 'true' }, '●'), 'active'));

/** The buttons of a schedule. */
function buttons(one, done) {
  const act = (action, title, text, fields = [], body = () => ({})) => h('button', { onclick: async () => {
    const result = await confirm({
      title: `${title} “${plain(one.name, 60)}”?`, text, verb: title, fields,
      cli: (values) => `pawl schedule ${action} ${quoted(one.name)}`
        + fields.map(({ name }) => (values[name] ? ` --${name} ${quoted(values[name])}` : '')).join(''),
      request: (values) => ['POST', `${path(one.name)}/${action}`, body(values)],
      call: (values) => api.post(`${path(one.name)}/${action}`, body(values)),
    });
    if (!result) return;
    toast(`${title}: done.`);
    if (result.id?.startsWith?.('run_')) navigate(`/runs/${result.id}`); else done();
  } }, title);
  return [
    one.paused ? act('resume', 'Resume', 'Further instants start runs again.')
      : act('pause', 'Pause', 'No further instant starts a run until it is resumed.'),
    act('trigger', 'Trigger now', 'A run is started now, outside the plan.'),
    act('backfill', 'Backfill', 'A run is started for each instant of a range in the past.',
      [{ name: 'since', label: 'Since', required: true, placeholder: '2026-01-31T00:00:00Z' },
        { name: 'until', label: 'Until', required: true, placeholder: '2026-02-01T00:00:00Z' }],
      ({ since, until }) => ({ since, until })),
  ];
}

customElements.define('pawl-schedules', class extends View {
  render() {
    this.body = h('div');
    fill(this, this.heading('Schedules'), this.body);
    this.every(15000, () => this.reload());
  }

  async load() {
    const list = await api.get('/v1/schedules?limit=500', { signal: this.signal });
    const items = Array.isArray(list) ? list : list.items;
    fill(this.body, table('Schedules', [
      { title: 'Name', cell: (one) => h('a', { href: page(one.name) }, plain(one.name, 120)) },
      { title: 'State', cell: state },
      { title: 'Workflow', cell: (one) => h('a', { href: `/workflows/${encodeURIComponent(one.workflow)}` },
        plain(one.workflow, 80)) },
      { title: 'When', cell: rhythm },
      { title: 'Next', cell: (one) => time(one.next_at ?? one.next) },
      { title: 'Overlap', cell: (one) => plain(one.overlap ?? 'skip', 20) },
    ], items, { empty: 'No schedules yet. Make one: pawl schedule apply' }));
  }
});

customElements.define('pawl-schedule', class extends View {
  render() {
    this.body = h('div');
    fill(this, this.body);
    this.every(15000, () => this.reload());
  }

  async load() {
    const { name } = this.params;
    const part = (rest, limit) => api.get(target(`${path(name)}/${rest}`, { limit }),
      { signal: this.signal });
    const [one, next, fires] = await Promise.all([
      api.get(path(name), { signal: this.signal }), part('next', 5), part('fires', 50),
    ]);
    fill(this.body, this.heading(plain(name, 80), state(one)), h('p', {}, rhythm(one)),
      one.paused && one.pause_reason ? h('p', { class: 'callout' }, plain(one.pause_reason, 300)) : null,
      h('div', { class: 'buttons' }, buttons({ ...one, name }, () => this.reload())),
      h('div', { class: 'columns' },
        h('section', {}, h('h2', {}, 'Next'), next.items.length
          ? h('ol', {}, next.items.map(({ at, local }) => h('li', {}, h('span', { class: 'mono' },
            plain(local ?? at, 40)), ' ', h('span', { class: 'minor' }, time(at)))))
          : h('p', { class: 'empty' }, one.paused ? 'Nothing while it is paused.' : 'No further instant.')),
        h('section', {}, h('h2', {}, 'Settings'), h('dl', { class: 'facts' },
          ['workflow', 'zone', 'overlap', 'catch_up', 'jitter'].filter((key) => one[key] !== undefined)
            .map((key) => [h('dt', {}, key.replace('_', ' ')), h('dd', {}, plain(one[key] ?? '–', 80))])))),
      jsonView('Input', one.input),
      h('h2', {}, 'What became of its instants'),
      table('Instants', [
        { title: 'Instant', cell: (fire) => time(fire.at) },
        { title: 'Became', cell: (fire) => [fire.run
          ? h('a', { href: `/runs/${fire.run}` }, word(fire.status)) : word(fire.status),
        fire.count > 1 ? ` ×${count(fire.count)}` : ''] },
        { title: 'Run', cell: (fire) => (fire.run ? h('a', { href: `/runs/${fire.run}`, class: 'mono' },
          shortId(fire.run)) : '–') },
        { title: 'Why', cell: (fire) => plain([word(fire.reason ?? ''),
          fire.detail].filter(Boolean).join(': '),
          200) },
        { title: 'Decided', cell: (fire) => time(fire.decided_at) },
      ], fires.items, { empty: 'No instant has come yet.' }));
  }
});
