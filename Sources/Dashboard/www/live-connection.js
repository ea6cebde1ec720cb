// The one connection over which changes come; it lives in the shared worker, or in the page without one.

const names = ['run', 'step', 'queue', 'worker', 'reset'];

export class LiveConnection {
  /** `emit` is called with { type: 'event' | 'open' | 'state', … }. */
  constructor(emit) {
    this.emit = emit;
    this.topics = [];
    this.lastId = '';
    this.state = 'idle';
    this.backoff = 1000;
  }

  /** Streams these topics from now on. */
  setTopics(topics) {
    const wanted = [...new Set(topics)].sort();
    if (wanted.join() === this.topics.join() && this.source) {
      if (this.state === 'live') this.emit({ type: 'open', topics: this.topics });
      return;
    }
    this.topics = wanted;
    clearTimeout(this.timer);
    // Views come and go together: one new connection for all of them.
    this.timer = setTimeout(() => this.open(), 20);
  }

  open() {
    this.close();
    if (!this.topics.length) return this.to('idle');
    this.to('connecting');
    const query = new URLSearchParams({ topics: this.topics.join(',') });
    if (this.lastId) query.set('last_event_id', this.lastId);
    this.url = `/v1/stream?${query}`;
    const source = new EventSource(this.url);
    this.source = source;
    source.addEventListener('hello', (event) => {
      this.note(event);
      this.backoff = 1000;
      this.to('live');
      this.emit({ type: 'open', topics: this.topics });
    });
    for (const name of names) {
      source.addEventListener(name, (event) => {
        this.note(event);
        this.emit({ type: 'event', name, data: JSON.parse(event.data) });
      });
    }
    source.onerror = () => {
      if (source !== this.source) return;
      this.to('reconnecting');
      // The browser tries again by itself unless the answer was no stream.
      if (source.readyState === EventSource.CLOSED) this.diagnose();
    };
  }

  note(event) {
    if (event.lastEventId) this.lastId = event.lastEventId;
  }

  close() {
    this.source?.close();
    this.source = undefined;
  }

  to(state) {
    if (state !== this.state) {
      this.state = state;
      this.since = Date.now();
    }
    this.emit({ type: 'state', state, since: this.since });
  }

  /** The server refused: finds out why, and tries again without what it refuses. */
  async diagnose() {
    this.close();
    const abort = new AbortController();
    try {
      const response = await fetch(this.url, { signal: abort.signal });
      if (response.status === 401) return this.to('unauthorized');
      // A cursor of another database, or a run that is gone: what is shown is read anew.
      if (response.status === 404 || response.status === 422) {
        this.lastId = '';
        this.topics = await this.known();
      }
    } catch { /* not reachable: later */ } finally {
      abort.abort();
    }
    this.timer = setTimeout(() => this.open(), this.backoff);
    this.backoff = Math.min(this.backoff * 2, 15000);
  }

  async known() {
    const found = await Promise.all(this.topics.map(async (topic) => {
      if (!topic.startsWith('run:')) return topic;
      const response = await fetch(`/v1/runs/${topic.slice(4)}`);
      return response.ok ? topic : null;
    }));
    return found.filter(Boolean);
  }
}
