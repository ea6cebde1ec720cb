// What all views share: a title, loading, problems, an orderly end.
import { h, fill } from './dom.js';
import { plain } from './format.js';
import { subscribe } from './live.js';

/** A page. A subclass has `render()`, and `load()`; `topics` and `heard(name, data)` if it is live. */
export class View extends HTMLElement {
  topics = [];

  connectedCallback() {
    this.abort = new AbortController();
    this.ends = [];
    this.render();
    this.ends.push(subscribe(this.topics, (name, data) => this.heard(name, data), () => this.reload()));
  }

  disconnectedCallback() {
    this.abort.abort();
    for (const end of this.ends) end();
  }

  get signal() { return this.abort.signal; }

  heard() {}

  /** Reads the view anew; several calls in a row are one. */
  async reload() {
    if (this.isLoading) { this.isStale = true; return; }
    this.isLoading = true;
    try {
      await this.load();
      this.problem?.remove();
    } catch (error) {
      this.fail(error);
    } finally {
      this.isLoading = false;
    }
    if (this.isStale && this.isConnected) {
      this.isStale = false;
      this.reload();
    }
  }

  fail(error) {
    if (error.name === 'AbortError' || !this.isConnected) return;
    this.problem?.remove();
    // A page that could not be read once has nothing else to be its heading.
    this.problem = problem(error, () => this.reload(), this.querySelector('h1') ? 'strong' : 'h1');
    this.append(this.problem);
  }

  /** Repeats something while the view is shown. */
  every(milliseconds, body) {
    const timer = setInterval(() => { if (!document.hidden) body(); }, milliseconds);
    this.ends.push(() => clearInterval(timer));
  }

  /** The heading of the page and what stands beside it. */
  heading(title, ...rest) {
    const shown = plain(title, 200);
    document.title = `${shown} · Pawl`;
    return h('div', { class: 'heading' }, h('h1', {}, shown), ...rest);
  }
}

/** A problem as a box: what happened, and what to do next. */
export function problem(error, again, title = 'strong') {
  const isMissing = error.status === 404;
  const [what, text] = isMissing
    ? ['Not available on this server', `${error.message}.`]
    : error.status === 0
      ? ['The server cannot be reached', 'It is tried again by itself; what is shown may be old.']
      : ['That did not work', `${error.message}.`];
  if (!error.status && error.status !== 0) console.error(error);
  return h('div', { class: 'problem', role: 'alert' }, h(title, {}, what), ' ', plain(text),
    again && !isMissing ? h('button', { onclick: again }, 'Try again') : null);
}

/** A table from columns [{ title, cell(item), class }]. */
export function table(caption, columns, items, { empty = 'Nothing here.', row = () => ({}) } = {}) {
  if (!items.length) return h('p', { class: 'empty' }, empty);
  return h('div', { class: 'scroll' }, h('table', {},
    h('caption', { class: 'offscreen' }, caption),
    h('thead', {}, h('tr', {}, columns.map((column) =>
      h('th', { scope: 'col', class: column.class }, column.title)))),
    h('tbody', {}, items.map((item) => h('tr', row(item), columns.map((column, index) =>
      h(index ? 'td' : 'th', { scope: index ? null : 'row', class: column.class }, column.cell(item))))))));
}

/** Tabs as links, so that they are in the URL; `current` is the chosen key. */
export function tabs(label, items, current, href) {
  return h('nav', { class: 'tabs', 'aria-label': label }, items.map(([key, title]) =>
    h('a', { href: href(key), 'aria-current': key === current ? 'page' : null }, title)));
}

export { fill };
