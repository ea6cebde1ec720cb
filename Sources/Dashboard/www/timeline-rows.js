// Which rows a timeline has: steps in order, the items of a fan-out folded into one.

/** More items than these of one fan-out are one row until they are opened. */
const foldLimit = 8;

/** `orders[3]/ship` is of the fan-out `orders`; null where there is none. */
function fanOut(path) {
  const found = /^(.*?)\[\d+\]/.exec(path);
  return found ? found[1] : null;
}

/** Rows { step, depth } and { key, items, depth, isOpen }. */
export function foldRows(steps, open, filter) {
  const wanted = filter ? steps.filter((step) => isFound(step, filter)) : steps;
  const groups = new Map();
  for (const step of wanted) {
    const key = fanOut(step.path);
    if (key === null) continue;
    if (groups.has(key)) groups.get(key).push(step);
    else groups.set(key, [step]);
  }
  const rows = [];
  const done = new Set();
  for (const step of wanted) {
    const key = fanOut(step.path);
    const items = key === null ? null : groups.get(key);
    if (!items || items.length <= foldLimit || filter) {
      rows.push({ step, depth: depth(step.path) });
      continue;
    }
    if (!done.has(key)) {
      done.add(key);
      rows.push({ key, items: items.filter(({ path }) => isItem(path, key)), depth: depth(key),
        isOpen: open.has(key) });
      if (open.has(key)) for (const item of items) rows.push({ step: item, depth: depth(item.path) + 1 });
    }
  }
  return rows;
}

const depth = (path) => path.split('/').length - 1;
/** Whether a step is an item itself, and not within one. */
const isItem = (path, key) => /^\[\d+\][^/]*$/.test(path.slice(key.length));

function isFound(step, filter) {
  return step.path.toLowerCase().includes(filter) || step.status.includes(filter)
    || (step.error && `${step.error.type} ${step.error.message}`.toLowerCase().includes(filter));
}
