// The plugins that this server and the live workers found.
import { h, fill } from './dom.js';
import { View, table } from './view.js';
import { api } from './api.js';
import { plain, shortId } from './format.js';
import { jsonView } from './json-view.js';

customElements.define('pawl-plugins', class extends View {
  render() {
    this.box = h('input', { type: 'search', placeholder: 'Filter plugins', 'aria-label': 'Filter plugins',
      oninput: () => this.draw() });
    this.body = h('div');
    fill(this, this.heading('Plugins'), h('div', { class: 'filters' }, this.box), this.body);
  }

  async load() {
    const [own, workers] = await Promise.all([
      api.get('/v1/plugins', { signal: this.signal }),
      api.get('/v1/workers', { signal: this.signal }).catch(() => ({ items: [] })),
    ]);
    this.plugins = new Map();
    this.problems = own.items.filter(({ problem }) => problem);
    const add = (plugin, worker) => {
      if (!plugin?.name) return;
      const key = `${plugin.name}@${plugin.version ?? ''}`;
      const known = this.plugins.get(key) ?? { ...plugin, workers: [] };
      if (worker) known.workers.push(worker);
      this.plugins.set(key, known);
    };
    for (const plugin of own.items) add(plugin);
    for (const worker of workers.items.filter(({ alive }) => alive)) {
      for (const plugin of [worker.about?.plugins ?? []].flat()) add(plugin, worker.id);
    }
    this.draw();
  }

  draw() {
    const needle = this.box.value.toLowerCase();
    const shown = [...(this.plugins ?? new Map()).values()].filter(({ name }) => name.toLowerCase()
      .includes(needle))
      .sort((one, other) => one.name.localeCompare(other.name));
    fill(this.body, shown.length ? null : h('p', { class: 'empty' },
      'No plugin was found. PAWL_PLUGIN_PATH names the folders that hold them.'),
    this.problems?.length ? h('div', { class: 'callout bad' }, h('strong', {}, 'Not usable'),
      h('ul', {}, this.problems.map((one) => h('li', {}, h('code', {}, plain(one.path, 200)),
        ` ${plain(one.problem, 400)}`),
      ))) : null,
    shown.map((plugin) => this.plugin(plugin)));
  }

  plugin(plugin) {
    const { actions = [], workers, name, version, path, ...rest } = plugin;
    return h('section', { class: 'card' },
      h('h2', {}, plain(name, 80), version ? h('span', { class: 'minor' }, ` ${plain(version, 40)}`) : null),
      h('p', { class: 'minor' }, h('code', {}, plain(path ?? '', 200)),
        workers.length ? ` · on ${workers.map(shortId).join(', ')}` : ' · on no live worker'),
      table(`Actions of ${name}`, [
        { title: 'Action', cell: (one) => h('code', {}, plain(`${name}/${one.name}`, 120)) },
        { title: 'Does', cell: (one) => plain(one.summary ?? '', 200) },
        { title: 'Mode', cell: (one) => plain(one.mode ?? '', 20) },
        { title: 'Digest', cell: (one) => h('span', { class: 'mono', title: one.digest }, plain(one.digest
          ?? '').slice(0, 12)) },
        { title: 'Problem', cell: (one) => (one.problem ? h('span', { class: 'bad' }, plain(one.problem,
          200)) : '') },
      ], actions, { empty: 'It has no actions.' }),
      jsonView('Manifest', { name, version, actions, ...rest }, { open: false }));
  }
});
