// What changed between two texts, line by line.
import { h } from './dom.js';
import { visible } from './format.js';

/** Beyond this many lines a comparison would take too long. */
const limit = 4000;

/** Pairs [kind, line]: ' ' in both, '-' only in the first, '+' only in the second. */
export function compare(before, after) {
  const one = before.split('\n');
  const other = after.split('\n');
  let start = 0;
  while (start < one.length && start < other.length && one[start] === other[start]) start++;
  let tail = 0;
  while (tail < one.length - start && tail < other.length - start
    && one[one.length - 1 - tail] === other[other.length - 1 - tail]) tail++;
  const a = one.slice(start, one.length - tail);
  const b = other.slice(start, other.length - tail);
  return [...one.slice(0, start).map((line) => [' ', line]), ...middle(a, b),
    ...one.slice(one.length - tail).map((line) => [' ', line])];
}

/** The longest common subsequence by dynamic programming. */
function middle(a, b) {
  if (a.length * b.length > limit * limit / 4) {
    return [...a.map((line) => ['-', line]), ...b.map((line) => ['+', line])];
  }
  const width = b.length + 1;
  const lengths = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      lengths[i * width + j] = a[i] === b[j] ? lengths[(i + 1) * width + j + 1] + 1
        : Math.max(lengths[(i + 1) * width + j], lengths[i * width + j + 1]);
    }
  }
  const lines = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) { lines.push([' ', a[i]]); i++; j++; }
    else if (j < b.length && (i === a.length || lengths[i * width + j + 1] > lengths[(i + 1) * width + j])) {
      lines.push(['+', b[j++]]);
    } else lines.push(['-', a[i++]]);
  }
  return lines;
}

const context = 3;

/** The comparison as elements; long equal stretches are left out. */
export function diffView(before, after) {
  const lines = compare(before, after);
  const near = new Set();
  lines.forEach(([kind], index) => {
    if (kind === ' ') return;
    for (let at = index - context; at <= index + context; at++) near.add(at);
  });
  if (!near.size) return h('p', { class: 'empty' }, 'The two versions are the same.');
  const words = { '+': 'added', '-': 'removed' };
  let skipped = 0;
  const rows = [];
  lines.forEach(([kind, line], index) => {
    if (!near.has(index)) { skipped++; return; }
    if (skipped) rows.push(h('span', { class: 'd-skip' }, `⋯ ${skipped} equal lines\n`));
    skipped = 0;
    rows.push(h('span', { class: kind === '+' ? 'd-add' : kind === '-' ? 'd-remove' : '' },
      words[kind] ? h('span', { class: 'offscreen' }, `${words[kind]}: `) : null,
        `${kind} ${visible(line)}\n`));
  });
  return h('pre', { class: 'diff', tabindex: '0', 'aria-label': 'Differences' }, rows);
}
