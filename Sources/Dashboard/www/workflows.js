// All workflows.
import { h, fill } from './dom.js';
import { View, table } from './view.js';
import { api, target } from './api.js';
import { plain, time } from './format.js';

customElements.define('pawl-workflows', class extends View {
  items = [];

  render() {
    this.box = h('input', { type: 'search', placeholder: 'Filter by name', 'aria-label': 'Filter workflows',
      oninput: () => this.draw() });
    this.body = h('div');
    this.more = h('button', { hidden: true, onclick: () => this.readMore() }, 'More');
    fill(this, this.heading('Workflows'), h('div', { class: 'filters' }, this.box), this.body, this.more);
  }

  async load() {
    this.items = [];
    this.cursor = null;
    await this.readMore();
  }

  async readMore() {
    const page = await api.get(target('/v1/workflows', { limit: 200, cursor: this.cursor }),
      { signal: this.signal });
    this.items.push(...page.items);
    this.cursor = page.cursor;
    this.more.hidden = !page.cursor;
    this.draw();
  }

  draw() {
    const needle = this.box.value.toLowerCase();
    const shown = this.items.filter(({ name }) => name.toLowerCase().includes(needle)).slice(0, 500);
    const path = ({ name }) => `/workflows/${encodeURIComponent(name)}`;
    fill(this.body, table('Workflows', [
      { title: 'Name', cell: (one) => h('a', { href: path(one) }, plain(one.name, 120)) },
      { title: 'Version', class: 'num', cell: (one) => one.version },
      { title: 'Applied', cell: (one) => time(one.created_at) },
      { title: 'Runs', cell: (one) => h('a', { href: `/runs?workflow=${encodeURIComponent(one.name)}` },
        'runs') },
      { title: '', cell: (one) => h('a', { class: 'button', href: `${path(one)}/start`,
        'aria-label': `Start ${plain(one.name, 80)}` }, 'Start') },
    ], shown, { empty: 'No workflows yet. Apply one: pawl workflow apply FILE.yaml' }));
  }
});
