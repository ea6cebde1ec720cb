// What the run's programs wrote: the last lines at once, then live; only lines in view are elements.
import { h, copy, debounce } from './dom.js';
import { api, runPath, target } from './api.js';
import { count, isTerminal, plain, plural, visible } from './format.js';
import { VirtualList } from './virtual.js';
import { line as ansiLine } from './ansi.js';
import { problem } from './view.js';
import { save } from './json-view.js';

const pageSize = 500;
/** Lines that are kept; older ones are in the download. */
const keptLimit = 20000;
/** Of a longer line the rest is shown when it is asked for. */
const shownLength = 2000;

export class Logs {
  constructor(model) {
    this.model = model;
    this.step = '';
    this.lines = [];
    this.shown = [];
    this.position = 0;
    this.search = '';
    this.follows = true;
    this.build();
  }

  build() {
    this.list = new VirtualList({
      height: 20, label: 'Log lines', role: 'log', className: 'log',
        row: (index) => this.row(this.shown[index]),
    });
    this.list.element.setAttribute('aria-live', 'off');
    this.list.element.addEventListener('scroll', () => {
      this.follows = this.list.isAtEnd;
      if (this.follows) { this.unseen = 0; this.showMore(); }
    }, { passive: true });
    const box = h('input', { type: 'search', placeholder: 'Search: text or /regex/',
      'aria-label': 'Search logs',
      oninput: debounce(150, () => { this.search = box.value; this.sift(); }) });
    this.stepBox = h('input', { type: 'search', placeholder: 'Step', 'aria-label': 'Only this step',
      onchange: () => this.only(this.stepBox.value.trim()) });
    this.levels = h('select', { 'aria-label': 'Least level', onchange: () => this.sift() },
      ['debug', 'info', 'warning', 'error'].map((level) => h('option', { value: level },
        `${level} and above`)));
    this.more = h('button', { class: 'chip on', hidden: true, onclick: () => this.toEnd() });
    this.note = h('span', { class: 'note', 'aria-live': 'polite' });
    this.element = h('div', { class: 'logs' }, h('div', { class: 'log-tools' }, box, this.stepBox,
      this.levels,
      h('button', { onclick: async () => copy(this.text()) }, 'Copy'),
      h('button', { onclick: () => save(`${this.model.id}.log`, this.text()) }, 'Download'), this.more,
        this.note),
    this.list.element);
  }

  /** Begins to follow, or goes on; called when the logs come into view, and when all was read again. */
  show(step = this.step) {
    if (!this.turn || step !== this.step) return this.only(step);
    const isOver = isTerminal(this.model.run?.status) && (this.atEnd || this.isPaging);
    if (!this.source && !this.timer && !isOver) this.follow();
  }

  only(step) {
    this.stop();
    this.turn = {};
    this.atEnd = false;
    this.step = step;
    this.stepBox.value = step;
    this.lines = [];
    this.position = 0;
    this.sift();
    this.follow();
  }

  follow() {
    const path = `${runPath(this.model.id)}/logs`;
    // Ended runs are read by page, which costs no connection.
    if (isTerminal(this.model.run?.status)) { this.page(this.turn); return; }
    this.atEnd = false;
    this.source = new EventSource(target(path, { follow: true, after: this.position, step: this.step }));
    this.source.addEventListener('log', (event) => {
      this.take([JSON.parse(event.data)]);
    });
    this.source.onerror = () => {
      // The stream ends with the run, and with its server: goes on after the last line.
      this.stop();
      if (this.model.signal.aborted) return;
      this.timer = setTimeout(() => { this.timer = undefined; this.follow(); },
        isTerminal(this.model.run?.status) ? 0 : 1000);
    };
  }

  async page(turn) {
    this.isPaging = true;
    this.trouble?.remove();
    try {
      let after = this.position;
      while (after !== null && !this.model.signal.aborted && this.lines.length < keptLimit) {
        const page = await api.get(target(`${runPath(this.model.id)}/logs`,
          { after, limit: pageSize, step: this.step }), { signal: this.model.signal });
        if (turn !== this.turn) return;
        this.take(page.items);
        after = page.cursor;
      }
      this.atEnd = true;
      this.showMore();
    } catch (error) {
      if (error.name === 'AbortError') return;
      if (error.status === 404 && this.step) this.note.textContent =
        `No step “${plain(this.step)}” in this run.`;
      else this.element.append(this.trouble = problem(error));
    } finally {
      if (turn === this.turn) this.isPaging = false;
    }
  }

  stop() {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.source?.close();
    this.source = undefined;
  }

  take(lines) {
    const fresh = lines.filter((line) => line.position > this.position);
    if (!fresh.length) return;
    this.position = fresh.at(-1).position;
    for (const line of fresh) this.lines.push(line);
    if (this.lines.length > keptLimit) {
      this.dropped = (this.dropped ?? 0) + this.lines.length - keptLimit;
      this.lines.splice(0, this.lines.length - keptLimit);
      return this.sift();
    }
    const wanted = fresh.filter((line) => this.isWanted(line));
    if (!wanted.length) return;
    this.shown.push(...wanted);
    this.list.update(this.shown.length, { keep: true });
    if (this.follows) this.list.toEnd(); else this.unseen = (this.unseen ?? 0) + wanted.length;
    this.showMore();
  }

  sift() {
    const found = /^\/(.*)\/$/.exec(this.search);
    try {
      this.pattern = found ? new RegExp(found[1], 'i') : null;
    } catch {
      this.pattern = null;
    }
    this.needle = found ? '' : this.search.toLowerCase();
    this.shown = this.lines.filter((line) => this.isWanted(line));
    this.list.update(this.shown.length);
    if (this.follows) this.list.toEnd();
    this.showMore();
  }

  isWanted(line) {
    const levels = ['debug', 'info', 'warning', 'error'];
    if (levels.indexOf(line.level) < levels.indexOf(this.levels.value)) return false;
    // A pattern over an endless line could hold the page up.
    if (this.pattern) return this.pattern.test(line.message.slice(0, 20000));
    return !this.needle || line.message.toLowerCase().includes(this.needle);
  }

  showMore() {
    this.more.hidden = !this.unseen;
    this.more.textContent = `↓ ${plural(this.unseen ?? 0, 'new line')}`;
    const end = this.atEnd ? ' · end of log' : '';
    const dropped = this.dropped ? ` · ${count(this.dropped)} older lines are not kept here` : '';
    this.note.textContent = plural(this.shown.length, 'line') + dropped + end;
  }

  toEnd() {
    this.follows = true;
    this.unseen = 0;
    this.list.toEnd();
    this.showMore();
  }

  row(line) {
    const isLong = line.message.length > shownLength;
    const text = isLong ? line.message.slice(0, shownLength) : line.message;
    const first = text.split('\n', 1)[0];
    const isMore = isLong || first.length < text.length;
    return h('div', { role: 'row', class: `line l-${line.level}` },
      h('span', { class: 'at', title: line.at }, line.at.slice(11, 23)),
      h('span', { class: 'where', title: plain(`${line.path}, attempt ${line.attempt}`) }, plain(line.path,
        40)),
      h('span', { class: 'level' }, line.level === 'info' ? '' : line.level),
      h('span', { class: 'message' }, ansiLine(first)),
      isMore ? h('button', { class: 'link', onclick: () => this.whole(line) }, 'whole line') : null);
  }

  whole(line) {
    const text = line.message;
    const dialog = h('dialog', { class: 'wide', 'aria-label': 'Log line' },
      h('h2', {}, plain(line.path, 80)),
      h('pre', { tabindex: '0' }, visible(text.slice(0, 256 * 1024))),
      text.length > 256 * 1024 ? h('p', { class: 'note' },
        `Cut: ${count(text.length)} characters in the download.`) : null,
      h('form', { method: 'dialog', class: 'buttons' },
        h('button', { type: 'button', onclick: () => copy(text) }, 'Copy'), h('button', {}, 'Close')));
    dialog.addEventListener('close', () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
  }

  text() {
    return this.shown.map((line) => `${line.at} ${line.path} ${line.level} ${line.message}`).join('\n');
  }
}

