// The history of a run: its facts in order, read as one scrolls.
import { h } from './dom.js';
import { api, runPath, target } from './api.js';
import { count, plain } from './format.js';
import { stringify } from './json.js';
import { VirtualList } from './virtual.js';
import { ask } from './dialog.js';
import { jsonView } from './json-view.js';

const pageSize = 500;

export class History {
  constructor(model) {
    this.model = model;
    this.events = [];
    this.list = new VirtualList({
      height: 24, label: 'History', className: 'history', row: (index) => this.row(this.events[index]),
      near: () => this.more(),
    });
    this.note = h('p', { class: 'note', 'aria-live': 'polite' });
    this.element = h('div', { class: 'history-view' }, this.list.element, this.note);
  }

  show() { this.more(); }

  /** Reads what comes after the last event that is shown. */
  async more() {
    if (this.isReading || this.events.length >= (this.model.run?.last_seq ?? 0)) return;
    this.isReading = true;
    try {
      const after = this.events.at(-1)?.seq ?? 0;
      const page = await api.get(target(`${runPath(this.model.id)}/history`, { after, limit: pageSize }),
        { signal: this.model.signal });
      this.events.push(...page.items);
      this.list.update(this.events.length, { keep: true });
      this.note.textContent =
        `${count(this.events.length)} of ${count(this.model.run.last_seq)} events read.`;
    } catch (error) {
      if (error.name !== 'AbortError') this.note.textContent = `${error.message}.`;
    } finally {
      this.isReading = false;
    }
  }

  row(event) {
    const data = Object.keys(event.data ?? {}).length ? stringify(event.data) : '';
    return h('div', { role: 'row', class: 'event' },
      h('span', { role: 'cell', class: 'num' }, event.seq),
      h('span', { role: 'cell', class: 'mono', title: event.at }, event.at.slice(11, 23)),
      h('span', { role: 'cell' }, h('button', { class: 'link', onclick: () => ask(`Event ${event.seq}`,
        jsonView(event.type, event), h('form', { method: 'dialog', class: 'buttons' }, h('button', {},
          'Close'))) },
      event.type)),
      h('span', { role: 'cell', class: 'mono' }, plain(event.path ?? '', 80)),
      h('span', { role: 'cell', class: 'minor' }, plain(data, 200)));
  }
}
