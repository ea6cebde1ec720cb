// The filter of the list of runs: what the URL says, as the API takes it and as chips.
import { target } from './api.js';
import { clock } from './format.js';

const plain = ['workflow', 'status', 'compensation', 'key', 'parent', 'schedule', 'error_type', 'reason'];
export const names = [...plain, 'since', 'until'];
const isName = (name) => names.includes(name) || name.startsWith('label.');

export const spans = [['', 'any time'], ['-15m', 'last 15 minutes'], ['-1h', 'last hour'],
  ['-24h', 'last 24 hours'], ['-7d', 'last 7 days']];
const units = { m: 60e3, h: 3600e3, d: 86400e3 };

/** `-24h` as the instant that it means now. */
export function instant(text) {
  const found = /^-(\d+)([mhd])$/.exec(text);
  return found ? new Date(clock.now() - found[1] * units[found[2]]).toISOString() : text;
}

/** The filter's own parameters of a query, in order. */
export function entries(query) {
  return [...query].filter(([name, value]) => isName(name) && value);
}

/** The target of a page of the list. */
export function listTarget(query, cursor, limit) {
  const parameters = Object.fromEntries(entries(query).map(([name, value]) =>
    [name, name === 'since' || name === 'until' ? instant(value) : value]));
  return target('/v1/runs', { ...parameters, limit, cursor });
}

/** The filter of a batch. */
export function batchFilter(query) {
  const filter = {};
  for (const [name, value] of entries(query)) {
    if (name.startsWith('label.')) (filter.labels ??= {})[name.slice(6)] = value;
    else if (name === 'status') filter.status = value.split(',');
    else filter[name] = name === 'since' || name === 'until' ? instant(value) : value;
  }
  return filter;
}

/** What was typed, `name:value …`, as changes of the query; a word alone is a workflow. */
export function typed(text) {
  const changes = {};
  for (const word of text.trim().split(/\s+/).filter(Boolean)) {
    const colon = word.indexOf(':');
    const name = word.slice(0, colon);
    if (colon > 0 && isName(name)) changes[name] = word.slice(colon + 1);
    else if (/^label\..+=/.test(word)) changes[word.slice(0,
      word.indexOf('='))] = word.slice(word.indexOf('=') + 1);
    else changes.workflow = word;
  }
  return changes;
}

/** Whether a run that has just changed belongs into the list, as far as its summary tells. */
export function matches(query, run) {
  return entries(query).every(([name, value]) => {
    if (name.startsWith('label.')) return run.labels?.[name.slice(6)] === value;
    if (name === 'since') return run.times.created_at >= instant(value);
    if (name === 'until') return run.times.created_at < instant(value);
    if (name === 'reason') return true;
    if (name === 'key' || name === 'parent' || name === 'schedule') return run[name] === value;
    return value.split(',').includes(String(run[name] ?? ''));
  });
}

// Saved filters are of this browser.
const place = 'pawl.filters';
export const saved = {
  all() {
    try { return JSON.parse(localStorage.getItem(place)) ?? []; } catch { return []; }
  },
  add(name, query) {
    const others = saved.all().filter((one) => one.name !== name);
    localStorage.setItem(place, JSON.stringify([...others, { name, query }]));
  },
  remove(name) {
    localStorage.setItem(place, JSON.stringify(saved.all().filter((one) => one.name !== name)));
  },
};
