// One workflow: its graph, its source, its versions and what changed between them.
import { h, fill } from './dom.js';
import { View, table, tabs } from './view.js';
import { api, target } from './api.js';
import { plain, shortId, time, visible } from './format.js';
import { setQuery } from './router.js';
import { paint } from './graph.js';
import { diffView } from './diff.js';
import { jsonView } from './json-view.js';
import { command } from './dialog.js';

const tabNames = [['graph', 'Graph'], ['source', 'Source'], ['versions', 'Versions'], ['input',
  'Input schema']];

customElements.define('pawl-workflow', class extends View {
  render() {
    this.head = h('div');
    this.tabBar = h('div');
    this.body = h('div');
    fill(this, this.head, this.tabBar, this.body);
  }

  get path() { return `/v1/workflows/${encodeURIComponent(this.params.name)}`; }

  get tab() {
    const name = this.query.get('tab');
    return tabNames.some(([key]) => key === name) ? name : 'graph';
  }

  update(query) {
    this.query = query;
    this.reload();
  }

  async load() {
    const version = this.query.get('version');
    this.workflow = await api.get(target(this.path, { version }), { signal: this.signal });
    const { name } = this.workflow;
    const page = `/workflows/${encodeURIComponent(name)}`;
    fill(this.head, this.heading(plain(name, 80), h('span', { class: 'minor' },
      `version ${this.workflow.version}`),
      h('a', { class: 'button primary', href: `${page}/start` }, 'Start a run'),
      h('a', { class: 'button', href: `/runs?workflow=${encodeURIComponent(name)}` }, 'Its runs')),
    this.workflow.description ? h('p', {}, plain(this.workflow.description, 500)) : null);
    fill(this.tabBar, tabs('Views of the workflow', tabNames, this.tab, (key) =>
      `${page}?${new URLSearchParams({ ...(version ? { version } : {}), tab: key })}`));
    await this.show();
  }

  async show() {
    switch (this.tab) {
      case 'source': return this.showSource();
      case 'versions': return this.showVersions();
      case 'input': return fill(this.body, this.workflow.input ? jsonView('Input schema', this.workflow.input)
        : h('p', { class: 'empty' }, 'This workflow takes any input.'));
      default: return this.showGraph();
    }
  }

  async showGraph() {
    const graph = await api.get(target(`${this.path}/graph`, { version: this.workflow.version }),
      { signal: this.signal });
    const { element } = paint(graph, { label: `Graph of ${plain(this.workflow.name)}` });
    fill(this.body, h('div', { class: 'graph-area', tabindex: '0', 'aria-label': 'Graph of the workflow' },
      element),
      command('CLI', `pawl workflow graph ${this.workflow.name} --format svg`));
  }

  showSource() {
    const lines = this.workflow.source.split('\n');
    fill(this.body, h('pre', { class: 'source', tabindex: '0', 'aria-label': 'Source' },
      lines.map((line) => h('span', { class: 'code-line' }, `${visible(line)}\n`))));
  }

  async showVersions() {
    const page = await api.get(target(`${this.path}/versions`, { limit: 200 }), { signal: this.signal });
    const versions = page.items.map(({ version }) => version);
    const to = Number(this.query.get('to') ?? versions[0]);
    const from = Number(this.query.get('from') ?? versions.find((one) => one < to) ?? to);
    const choose = (name, value) => h('select', { 'aria-label': name === 'from' ? 'Older version'
      : 'Newer version',
      onchange: (event) => setQuery({ [name]: event.target.value }, { replace: true }) },
    versions.map((version) => h('option', { value: version, selected: version === value },
      `version ${version}`)));
    const source = async (version) => (await api.get(target(this.path, { version }),
      { signal: this.signal })).source;
    const changes = versions.length > 1 ? diffView(await source(from), await source(to)) : null;
    fill(this.body, table('Versions', [
      { title: 'Version', class: 'num', cell: (one) =>
        h('a', { href: `?${new URLSearchParams({ version: one.version, tab: 'source' })}` }, one.version) },
      { title: 'Applied', cell: (one) => time(one.created_at) },
      { title: 'Digest', cell: (one) => h('span', { class: 'mono', title: one.digest },
        shortId(one.digest)) },
    ], page.items),
    changes ? [h('h2', {}, 'Changes ', choose('from', from), ' → ', choose('to', to)), changes] : null);
  }
});
