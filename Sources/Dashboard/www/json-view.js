// JSON as text that can be read, searched by eye and copied; exact, and cut where it is too long to draw.
import { h, copy } from './dom.js';
import { stringify } from './json.js';
import { bytes, visible } from './format.js';

const limit = 64 * 1024;

/** A value under a heading, folded if it is long. */
export function jsonView(title, value, { open = true } = {}) {
  if (value === undefined || value === null) {
    return h('section', { class: 'json' }, h('h3', {}, title), h('p', { class: 'none' }, 'null'));
  }
  const text = stringify(value, 2);
  const shown = text.length > limit ? text.slice(0, limit) : text;
  return h('section', { class: 'json' },
    h('details', { open: open && text.length < 20000 },
      h('summary', {}, h('h3', {}, title), h('span', { class: 'minor' }, ` ${bytes(text.length)}`)),
      h('div', { class: 'json-tools' },
        h('button', { class: 'link', onclick: async (event) => {
          await copy(text);
          event.target.textContent = 'Copied';
        } }, 'Copy'),
        h('button', { class: 'link', onclick: () => save(`${title}.json`, text) }, 'Download')),
      h('pre', { tabindex: '0', 'aria-label': title }, highlighted(shown)),
      shown.length < text.length
        ? h('p', { class: 'note' }, `Cut here: ${bytes(text.length - shown.length)} more in the download.`)
          : null));
}

/** Keys, strings and the rest as spans; text nodes only. */
function highlighted(text) {
  // Long values are rather shown plainly than with thousands of elements.
  if (text.length > 16 * 1024) return visible(text);
  const nodes = [];
  let last = 0;
  for (const found of text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?|\b(?:true|false|null)\b|-?\d[\d.eE+-]*/g)) {
    nodes.push(text.slice(last, found.index));
    const kind = found[1] ? 'key' : found[0][0] === '"' ? 'string' : 'atom';
    nodes.push(h('span', { class: `j-${kind}` }, visible(found[0])));
    last = found.index + found[0].length;
  }
  nodes.push(text.slice(last));
  return nodes;
}

/** Saves a text as a file. */
export function save(name, text) {
  const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  h('a', { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
