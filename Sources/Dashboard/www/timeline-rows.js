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
  const fold = (key) => {
    const items = groups.get(key);
    if (!items || items.length <= foldLimit || filter || done.has(key)) return;
    done.add(key);
    const isOpen = open.has(key);
    rows.push({ key, items: items.filter(({ path }) => isItem(path, key)), depth: depth(key), isOpen });
    if (isOpen) for (const item of items) rows.push({ step: item, depth: depth(item.path) + 1 });
  };
  for (const step of wanted) {
    const key = fanOut(step.path);
    if (key !== null) fold(key);
    if (key === null || !done.has(key)) rows.push({ step, depth: depth(step.path) });
    // Its items stand below a step, wherever they come in order.
    fold(step.path);
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
