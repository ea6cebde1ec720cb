// A run and those of its steps that were read, kept small: 5,000 of them are a few megabytes.
import { api, runPath, target } from './api.js';

const pageSize = 500;
/** Steps that are read without being asked for by scrolling. */
const eagerLimit = 10000;

/** Events with which a step begins to wait for its turn, its time or its signal. */
const begins = new Set(['step.entered', 'step.queued', 'step.waiting', 'timer.set']);

/** What the timeline and the graph need of a step. */
function compact(step) {
  return {
    id: step.id, path: step.path, number: step.number, status: step.status,
    start: ms(step.started_at), end: ms(step.ended_at),
    error: step.error ? { type: step.error.type, message: String(step.error.message ?? '').slice(0, 500) }
      : null,
    attempts: (step.attempts ?? []).map((one) => ({
      number: one.number, status: one.status, start: ms(one.started_at), end: ms(one.ended_at),
      exit: one.exit ?? null,
    })),
    queued: ms(step.queued_at),
  };
}

const ms = (iso) => (iso ? Date.parse(iso) : null);

export class RunModel extends EventTarget {
  constructor(id) {
    super();
    this.id = id;
    this.run = null;
    this.version = -1;
    this.steps = [];
    this.byPath = new Map();
    this.cursor = null;
    this.hasAll = false;
    /** Rises with every time that all is read again. */
    this.reading = 0;
  }

  changed(detail) { this.dispatchEvent(new CustomEvent('change', { detail })); }

  /** Reads the run and its first steps, then the rest while there is time; what is shown stays meanwhile. */
  async load(signal) {
    this.signal = signal;
    const reading = ++this.reading;
    this.cursor = null;
    this.hasAll = false;
    this.page = null;
    const asked = performance.now();
    const [run, page] = await Promise.all([
      api.get(runPath(this.id), { signal }),
      api.get(target(`${runPath(this.id)}/steps`, { limit: pageSize }), { signal }),
    ]);
    if (reading !== this.reading) return;
    this.run = run;
    this.take(page, asked);
    this.changed('all');
    this.readOn(reading);
  }

  /** Takes steps that were asked for then; what was heard since is newer. */
  take(page, asked) {
    for (const step of page.items) {
      const old = this.byPath.get(step.path);
      if (old?.heard > asked) old.reading = this.reading; else this.put(step);
    }
    this.cursor = page.cursor;
    this.hasAll = !page.cursor;
    if (this.hasAll) this.forgetUnread();
  }

  /** Steps that are there no more, once all were read. */
  forgetUnread() {
    const kept = this.steps.filter((step) => step.reading === this.reading);
    if (kept.length === this.steps.length) return;
    this.steps = kept;
    this.byPath = new Map(kept.map((step) => [step.path, step]));
  }

  /** Reads the next page; the timeline asks for it when its end comes into view. */
  more() {
    if (!this.cursor) return Promise.resolve();
    if (this.page) return this.page;
    const page = this.readPage(this.reading).finally(() => { if (this.page === page) this.page = null; });
    this.page = page;
    return page;
  }

  async readPage(reading) {
    const asked = performance.now();
    try {
      const parameters = { limit: pageSize, cursor: this.cursor };
      const page = await api.get(target(`${runPath(this.id)}/steps`, parameters), { signal: this.signal });
      if (reading !== this.reading) return;
      this.take(page, asked);
      this.changed('steps');
    } catch (error) {
      if (error.name !== 'AbortError') throw error;
    }
  }

  readOn(reading) {
    if (reading !== this.reading || !this.cursor || this.steps.length >= eagerLimit) return;
    (window.requestIdleCallback ?? setTimeout)(async () => {
      if (this.signal.aborted) return;
      await this.more();
      this.readOn(reading);
    });
  }

  put(step) {
    const fresh = { ...compact(step), reading: this.reading };
    const old = this.byPath.get(fresh.path);
    if (old) {
      fresh.queued ??= old.queued;
      Object.assign(old, fresh);
      return old;
    }
    this.byPath.set(fresh.path, fresh);
    const last = this.steps.at(-1);
    this.steps.push(fresh);
    if (last && last.number > fresh.number) this.steps.sort((one, other) => one.number - other.number);
    return fresh;
  }

  /** Takes an event of the stream; true when it was about this run. */
  heard(name, data) {
    if (name === 'run' && data.run) {
      this.run = { ...this.run, ...data.run };
      this.changed('run');
    } else if (name === 'step' && data.step) {
      // Steps beyond so many come when they are read.
      const isBeyond = !this.hasAll && data.step.number > (this.steps.at(-1)?.number ?? 0);
      if (isBeyond && this.steps.length >= eagerLimit) return;
      this.put(data.step).heard = performance.now();
      this.changed('steps');
    }
  }

  get total() {
    return Object.values(this.run?.step_counts ?? {}).reduce((sum, one) => sum + one, 0);
  }

  /** When each step was queued, from the history, where that is short enough to read. */
  async readQueueTimes() {
    if ((this.run?.last_seq ?? Infinity) > 2000) return;
    let after = 0;
    while (after !== null) {
      const page = await api.get(target(`${runPath(this.id)}/history`, { after, limit: 500 }),
        { signal: this.signal });
      for (const event of page.items) {
        const step = event.path && this.byPath.get(event.path);
        if (step && begins.has(event.type)) step.queued ??= Date.parse(event.at);
      }
      after = page.cursor;
    }
    this.changed('steps');
  }
}
