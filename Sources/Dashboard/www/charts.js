// Charts from the server's roll-ups: how runs ended over time, and how long things took.
import { h, svg } from './dom.js';
import { count, duration, glyph, plural, word } from './format.js';

const statuses = ['failed', 'terminated', 'cancelled', 'succeeded'];
const width = 600;
const height = 44;

/** A strip of stacked bars, a bucket each; `pick(from, to)` is called with the times of one. */
export function strip(charts, pick) {
  const buckets = charts.runs;
  const total = (bucket) => statuses.reduce((sum, status) => sum + Number(bucket[status]), 0);
  const most = Math.max(1, ...buckets.map(total));
  const step = width / buckets.length;
  const bars = buckets.map((bucket, index) => {
    const sum = total(bucket);
    const from = bucket.at;
    const to = new Date(Date.parse(from) + charts.bucket_seconds * 1000).toISOString();
    const words = statuses.filter((status) => Number(bucket[status]))
      .map((status) => `${count(bucket[status])} ${word(status)}`).join(', ') || 'nothing ended';
    let y = height;
    const parts = [...statuses].reverse().map((status) => {
      const size = Number(bucket[status]) / most * height;
      y -= size;
      return size ? svg('rect', { class: `s-${status}`, x: index * step, y, width: Math.max(1, step - 1),
        height: Math.max(1, size) }) : null;
    });
    return svg('g', sum ? { class: 'pick', onclick: () => pick(from, to) } : {},
      svg('rect', { class: 'ground', x: index * step, y: 0, width: step, height }), parts,
      svg('title', {}, `${new Date(from).toLocaleString()}: ${words}`));
  });
  const all = Object.fromEntries(statuses.map((status) =>
    [status, buckets.reduce((sum, bucket) => sum + Number(bucket[status]), 0)]));
  const text = statuses.filter((status) => all[status]).map((status) => h('span', {
    class: `status s-${status}`,
  }, h('span', { class: 'glyph', 'aria-hidden': 'true' }, glyph(status)),
  `${count(all[status])} ${word(status)}`));
  const span = duration((Date.parse(charts.until) - Date.parse(charts.since)));
  const label = `Runs that ended within ${span}: ${statuses.map((status) =>
    `${all[status]} ${word(status)}`).join(', ')}`;
  return h('figure', { class: 'strip' },
    svg('svg', { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none', role: 'img',
      'aria-label': label }, bars),
    h('figcaption', {}, h('span', { class: 'minor' }, `ended within ${span}, ${duration(
      charts.bucket_seconds * 1000)} a bar`), text));
}

/** A histogram of durations as rows with bars. */
export function histogram(title, { bounds, counts, seconds }) {
  const numbers = counts.map(Number);
  const sum = numbers.reduce((one, other) => one + other, 0);
  if (!sum) return h('section', {}, h('h3', {}, title), h('p', { class: 'none' }, 'nothing yet'));
  const most = Math.max(...numbers);
  const first = numbers.findIndex((number) => number);
  const last = numbers.findLastIndex((number) => number);
  const rows = numbers.slice(first, last + 1).map((number, index) => {
    const bound = bounds[first + index];
    const name = bound === undefined ? `over ${duration(bounds.at(-1) * 1000)}`
      : `up to ${duration(Number(bound) * 1000)}`;
    return h('tr', {}, h('th', { scope: 'row' }, name), h('td', { class: 'num' }, count(number)),
      h('td', { class: 'meter' }, h('span', { style: { width: `${number / most * 100}%` } })));
  });
  return h('section', {}, h('h3', {}, title), h('p', { class: 'minor' },
    `${plural(sum, 'time')}, ${duration(Number(seconds) / sum * 1000)} on average`),
  h('table', { class: 'durations' }, h('caption', { class: 'offscreen' }, title), h('tbody', {}, rows)));
}
