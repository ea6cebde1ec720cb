// A list of any length of which only the rows in view are elements.
import { h, perFrame } from './dom.js';

export class VirtualList {
  /** `row(index)` makes the element of a row; `near(end)` is called when the end comes into view. */
  constructor({ height, row, label, role = 'table', near = () => {}, className = '' }) {
    this.height = height;
    this.makeRow = row;
    this.near = near;
    this.count = 0;
    this.rows = new Map();
    this.space = h('div', { class: 'space', role: 'rowgroup' });
    this.element = h('div', { class: `virtual ${className}`, tabindex: '0', role, 'aria-label': label },
      this.space);
    this.draw = perFrame(() => this.drawNow());
    this.element.addEventListener('scroll', this.draw, { passive: true });
    new ResizeObserver(this.draw).observe(this.element);
  }

  /** Says how many rows there are; rows in view are made anew unless `keep`. */
  update(count, { keep = false } = {}) {
    this.count = count;
    if (!keep) this.forget();
    this.element.setAttribute('aria-rowcount', count);
    this.space.style.height = `${count * this.height}px`;
    this.element.style.setProperty('--content', `${count * this.height + 2}px`);
    this.drawNow();
  }

  /** Lets all rows go; the one with the focus gets it back when it is made anew. */
  forget() {
    for (const [index, row] of this.rows) {
      if (row.contains(document.activeElement)) this.lost = index;
      row.remove();
    }
    this.rows.clear();
  }

  /** Makes one row anew, if it is in view. */
  refresh(index) {
    const old = this.rows.get(index);
    if (!old) return;
    const hadFocus = old.contains(document.activeElement);
    const fresh = this.make(index);
    old.replaceWith(fresh);
    this.rows.set(index, fresh);
    if (hadFocus) (fresh.querySelector('a, button, input') ?? fresh).focus({ preventScroll: true });
  }

  make(index) {
    const row = this.makeRow(index);
    row.style.top = `${index * this.height}px`;
    row.style.height = `${this.height}px`;
    row.setAttribute('aria-rowindex', index + 1);
    return row;
  }

  get range() {
    const first = Math.max(0, Math.floor(this.element.scrollTop / this.height) - 4);
    const shown = Math.ceil(this.element.clientHeight / this.height) + 8;
    return [first, Math.min(this.count, first + shown)];
  }

  drawNow() {
    if (!this.element.isConnected) return;
    const [first, end] = this.range;
    for (const [index, row] of this.rows) {
      if (index < first || index >= end) { row.remove(); this.rows.delete(index); }
    }
    for (let index = first; index < end; index++) {
      if (this.rows.has(index)) continue;
      const row = this.make(index);
      this.rows.set(index, row);
      const next = this.rows.get(index + 1);
      if (next) next.before(row); else this.space.append(row);
    }
    if (this.lost !== undefined) {
      this.rows.get(this.lost)?.querySelector('a, button, input')?.focus({ preventScroll: true });
      this.lost = undefined;
    }
    if (end >= this.count) this.near();
  }

  scrollTo(index) {
    const top = index * this.height;
    const { scrollTop, clientHeight } = this.element;
    if (top < scrollTop) this.element.scrollTop = top;
    else if (top + this.height > scrollTop + clientHeight) this.element.scrollTop = top
      + this.height - clientHeight;
  }

  get isAtEnd() {
    const { scrollTop, clientHeight, scrollHeight } = this.element;
    return scrollTop + clientHeight >= scrollHeight - this.height;
  }

  toEnd() {
    this.element.scrollTop = this.count * this.height;
  }
}
