// The list of runs: filters in the URL, live rows, actions on many.
import { h, fill, debounce } from './dom.js';
import { View } from './view.js';
import { api, target } from './api.js';
import { navigate, setQuery } from './router.js';
import { badge, elapsed, glyph, isTerminal, plain, plural, runStatuses, shortId, time,
  word } from './format.js';
import { VirtualList } from './virtual.js';
import { strip } from './charts.js';
import { confirm, toast } from './dialog.js';
import * as filter from './run-filter.js';
import { bulk, bulkActions, bulkAll } from './run-bulk.js';

const pageSize = 100;
const narrow = matchMedia('(max-width: 45rem)');

customElements.define('pawl-runs', class extends View {
  topics = ['runs'];
  runs = [];
  places = new Map();
  selected = new Set();
  fresh = new Set();
  cursor = null;
  focused = 0;

  render() {
    this.list = new VirtualList({
      height: narrow.matches ? 52 : 30, label: 'Runs', className: 'runs', row: (index) => this.row(index),
      near: () => this.more(),
    });
    this.refilter = debounce(150, () => this.reload());
    this.chips = h('div', { class: 'chips' });
    this.states = h('div', { class: 'states', role: 'group', 'aria-label': 'Statuses' });
    this.banner = h('button', { class: 'banner', hidden: true, onclick: () => this.reload() });
    this.bar = h('div', { class: 'bulk', role: 'region', 'aria-label': 'Selected runs', hidden: true });
    this.chart = h('div');
    this.note = h('p', { class: 'note', 'aria-live': 'polite' });
    const box = h('input', {
      type: 'search', class: 'filter', placeholder: 'workflow:NAME key:K error_type:T label.team=pay',
      'aria-label': 'Filter', spellcheck: 'false', onkeydown: (event) => {
        if (event.key !== 'Enter') return;
        setQuery(filter.typed(box.value));
        box.value = '';
      },
    });
    this.span = h('select', { 'aria-label': 'Time span', onchange: () =>
      setQuery({ since: this.span.value }) },
      filter.spans.map(([value, title]) => h('option', { value }, title)));
    this.views = h('select', { 'aria-label': 'Saved filters', onchange: () => this.useView() });
    fill(this,
      this.heading('Runs', h('a', { class: 'button', href: '/workflows' }, 'Start a run')),
      h('div', { class: 'filters' }, box, this.span, this.views),
        this.states, this.chips, this.chart, this.bar,
        this.banner,
      h('div', { class: 'runs head', 'aria-hidden': 'true' },
        ['', 'Status', 'Workflow', 'Run', 'Started', 'Took', 'Labels'].map((title) => h('span', {}, title))),
      this.list.element, this.note);
    this.every(30000, () => this.showChart());
    narrow.addEventListener('change', () => {
      this.list.height = narrow.matches ? 52 : 30;
      this.list.update(this.runs.length);
    }, { signal: this.signal });
    this.showFilter();
  }

  update(query) {
    this.query = query;
    this.showFilter();
    this.selected.clear();
    this.reload();
  }

  showFilter() {
    const chosen = new Set((this.query.get('status') ?? '').split(',').filter(Boolean));
    fill(this.states, runStatuses.map((status) => h('button', {
      class: `chip s-${status}`, 'aria-pressed': String(chosen.has(status)), onclick: () => {
        if (!chosen.delete(status)) chosen.add(status);
        setQuery({ status: [...chosen].join(',') });
      },
    }, h('span', { class: 'glyph', 'aria-hidden': 'true' }, glyph(status)), word(status))));
    const rest = filter.entries(this.query).filter(([name]) => name !== 'status');
    fill(this.chips, rest.map(([name, value]) => h('button', {
      class: 'chip on', 'aria-label': `Remove filter ${name} ${value}`,
        onclick: () => setQuery({ [name]: null }),
    }, `${name}: ${plain(value, 60)} ×`)),
    rest.length || chosen.size
      ? [h('a', { href: '/runs' }, 'Clear'), h('button', { class: 'link', onclick: () => this.saveView() },
        'Save'), h('button', { class: 'link', onclick: () => this.actOnAll() }, 'Act on all that match…')]
      : null);
    this.span.value = filter.spans.some(([value]) => value === this.query.get('since'))
      ? this.query.get('since') : '';
    const views = filter.saved.all();
    fill(this.views, h('option', { value: '' }, views.length ? 'Saved filters' : 'No saved filters'),
      views.map(({ name }) => h('option', { value: `+${name}` }, plain(name, 40))),
      views.map(({ name }) => h('option', { value: `-${name}` }, `Remove “${plain(name, 40)}”`)));
    this.views.disabled = !views.length;
  }

  useView() {
    const name = this.views.value.slice(1);
    if (this.views.value[0] === '+') {
      navigate(`/runs?${filter.saved.all().find((one) => one.name === name)?.query ?? ''}`);
    } else if (name) {
      filter.saved.remove(name);
      this.showFilter();
    }
  }

  async saveView() {
    await confirm({
      title: 'Save this filter', verb: 'Save', text: 'It is kept in this browser.',
      fields: [{ name: 'name', label: 'Name', required: true }],
      call: ({ name }) => filter.saved.add(name, new URLSearchParams(filter.entries(this.query)).toString()),
    });
    this.showFilter();
  }

  // MARK: reading

  /** The strip above the list; it knows of workflow and time alone. */
  async showChart() {
    const [workflow, since, until] = ['workflow', 'since', 'until'].map((name) => this.query.get(name));
    try {
      const charts = await api.get(target('/v1/charts', { workflow, since: since && filter.instant(since),
        until: until && filter.instant(until) }), { signal: this.signal });
      fill(this.chart, strip(charts, (from, to) => setQuery({ since: from, until: to })));
    } catch (error) {
      // The list says what is wrong; without the strip it is as good.
      if (error.name !== 'AbortError') fill(this.chart);
    }
  }

  async load() {
    this.showChart();
    const page = await api.get(filter.listTarget(this.query, null, pageSize), { signal: this.signal });
    this.runs = page.items;
    this.cursor = page.cursor;
    this.fresh.clear();
    this.banner.hidden = true;
    this.index();
    this.list.element.scrollTop = 0;
    this.list.update(this.runs.length);
    this.showNote();
    this.showBulk();
  }

  async more() {
    if (!this.cursor || this.isPaging) return;
    this.isPaging = true;
    try {
      const page = await api.get(filter.listTarget(this.query, this.cursor, pageSize),
        { signal: this.signal });
      this.cursor = page.cursor;
      this.runs.push(...page.items.filter(({ id }) => !this.places.has(id)));
      this.index();
      this.list.update(this.runs.length, { keep: true });
      this.showNote();
    } catch (error) {
      this.fail(error);
    } finally {
      this.isPaging = false;
    }
  }

  index() {
    this.places = new Map(this.runs.map(({ id }, index) => [id, index]));
  }

  showNote() {
    const hasFilter = filter.entries(this.query).length > 0;
    this.note.textContent = this.runs.length
      ? `${plural(this.runs.length, 'run')} shown${this.cursor ? ', more as you scroll' : ''}.`
      : hasFilter ? 'No run matches this filter.' : 'No runs yet. Start one: pawl run start FILE.yaml';
  }

  heard(name, { id, run }) {
    if (name !== 'run' || !run) return;
    const place = this.places.get(id);
    if (place !== undefined) {
      this.runs[place] = { ...this.runs[place], ...run };
      this.list.refresh(place);
    } else if (filter.matches(this.query, run)) {
      this.fresh.add(id);
      if (!this.runs.length) return this.refilter();
      this.banner.hidden = false;
      this.banner.textContent = `${plural(this.fresh.size, 'new run')} · show`;
    }
  }

  // MARK: rows

  row(index) {
    const run = this.runs[index];
    const href = `/runs/${run.id}`;
    const labels = Object.entries(run.labels ?? {}).map(([name, value]) => `${name}=${value}`).join(' ');
    const check = h('input', {
      type: 'checkbox', checked: this.selected.has(run.id),
        'aria-label': `Select ${run.workflow} ${shortId(run.id)}`,
      onchange: () => this.select(run.id, check.checked),
    });
    const cell = (name, ...content) => h('span', { role: 'cell', class: name }, content);
    return h('div', { role: 'row', class: `row${index === this.focused ? ' focused' : ''}` },
      cell('check', check),
      cell('state', badge(run.status), run.compensation !== 'none' && isTerminal(run.status)
        ? h('span', { class: 'minor', title: `compensation ${run.compensation}` }, ' ↩') : null),
      cell('flow', h('a', { href, title: plain(run.workflow) }, plain(run.workflow, 80)),
        h('span', { class: 'minor' }, `@${run.version}`)),
      cell('id', h('a', { href, class: 'mono', title: run.id, tabindex: '-1' }, shortId(run.id)),
        run.key ? h('span', { class: 'minor', title: plain(run.key) }, ` ${plain(run.key, 40)}`) : null,
        run.error_type ? h('span', { class: 'bad' }, ` ${plain(run.error_type, 40)}`) : null),
      cell('when', time(run.times.created_at)),
      cell('took', elapsed(run.times.created_at, run.times.ended_at)),
      cell('labels', h('span', { class: 'minor', title: plain(labels) }, plain(labels, 120))));
  }

  key(event) {
    const run = this.runs[this.focused];
    if (event.key === 'j' || event.key === 'k') {
      const old = this.focused;
      this.focused = Math.max(0, Math.min(this.runs.length - 1, old + (event.key === 'j' ? 1 : -1)));
      this.list.scrollTo(this.focused);
      this.list.refresh(old);
      this.list.refresh(this.focused);
      event.preventDefault();
    } else if (event.key === 'Enter' && run && !event.target.closest('a, button')) {
      navigate(`/runs/${run.id}`);
    } else if (event.key === 'x' && run) {
      this.select(run.id, !this.selected.has(run.id));
      this.list.refresh(this.focused);
    }
  }

  // MARK: many at once

  select(id, isSelected) {
    if (isSelected) this.selected.add(id); else this.selected.delete(id);
    this.showBulk();
  }

  selectAll(isSelected) {
    this.selected = new Set(isSelected ? this.runs.map(({ id }) => id) : []);
    this.list.update(this.runs.length);
    this.showBulk();
  }

  showBulk() {
    this.bar.hidden = !this.selected.size;
    if (!this.selected.size) return;
    fill(this.bar, h('strong', {}, `${plural(this.selected.size, 'run')} selected`),
      bulkActions.map(([action, title]) => h('button', {
        class: action === 'terminate' ? 'danger' : '', onclick: () => this.act(action),
      }, title)),
      h('button', { class: 'link', onclick: () => this.selectAll(true) },
        `Select all ${this.runs.length} shown`),
      h('button', { class: 'link', onclick: () => this.selectAll(false) }, 'Select none'));
  }

  async act(action) {
    const result = await bulk(action, [...this.selected]);
    if (!result) return;
    toast(result.text, result.refused ? 'warning' : 'info');
    this.selected.clear();
    this.reload();
  }

  async actOnAll() {
    try {
      const batch = await bulkAll(filter.batchFilter(this.query));
      if (batch) navigate(`/batches?id=${encodeURIComponent(batch.id)}`);
    } catch (error) {
      toast(`${error.message}.`, 'warning');
    }
  }
});
