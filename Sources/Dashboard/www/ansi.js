// Colours of a terminal as spans; everything else that a terminal would obey is left away.
import { h } from './dom.js';
import { visible } from './format.js';

const sequence = /\u001b(?:\[([0-?]*)[ -/]*([@-~])|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_])/g;

/** A line as nodes. Carriage returns leave what was written last, as a progress bar does. */
export function line(text) {
  const shown = text.includes('\r') ? text.replace(/\r+$/, '').split('\r').pop() : text;
  if (!shown.includes('\u001b')) return [visible(shown)];
  const nodes = [];
  let style = {};
  let last = 0;
  for (const found of shown.matchAll(sequence)) {
    push(nodes, shown.slice(last, found.index), style);
    last = found.index + found[0].length;
    if (found[2] === 'm') style = next(style, found[1]);
  }
  push(nodes, shown.slice(last), style);
  return nodes;
}

function push(nodes, text, style) {
  if (!text) return;
  const names = Object.entries(style).filter(([, value]) => value)
    .map(([name, value]) => `a-${name}${value === true ? '' : value}`);
  nodes.push(names.length ? h('span', { class: names.join(' ') }, visible(text)) : visible(text));
}

function next(style, codes) {
  const changed = { ...style };
  const numbers = codes.split(/[;:]/).map(Number);
  for (let index = 0; index < numbers.length; index++) {
    const code = numbers[index];
    if (code === 0) return next({}, numbers.slice(index + 1).join(';') || 'x');
    if (code === 1) changed.bold = true;
    else if (code === 2) changed.faint = true;
    else if (code === 3) changed.italic = true;
    else if (code === 4) changed.underline = true;
    else if (code === 22) { changed.bold = false; changed.faint = false; }
    else if (code === 23) changed.italic = false;
    else if (code === 24) changed.underline = false;
    else if (code >= 30 && code <= 37) changed.fg = String(code - 30);
    else if (code >= 90 && code <= 97) changed.fg = String(code - 90);
    else if (code === 39) changed.fg = undefined;
    else if (code === 38 || code === 48) index += numbers[index + 1] === 5 ? 2 : 4;
  }
  return changed;
}
