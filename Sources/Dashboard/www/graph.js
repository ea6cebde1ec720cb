// Paints a graph that the server laid out.
import { svg } from './dom.js';
import { plain } from './format.js';

const marks = { handler: ' ⚑', compensation: ' ↩', step: '', always: '' };

const cut = (text, limit) => (text.length > limit ? `${text.slice(0, limit - 1)}…` : text);

function path(points) {
  let d = `M${points[0][0]} ${points[0][1]}`;
  for (let index = 1; index < points.length; index++) {
    const [x0, y0] = points[index - 1];
    const [x, y] = points[index];
    const middle = (y0 + y) / 2;
    d += x0 === x ? `L${x} ${y}` : `C${x0} ${middle} ${x} ${middle} ${x} ${y}`;
  }
  return d;
}

function title(box) {
  return plain(box.title, 60) + marks[box.role] + (box.foreach ? ' ×n' : '') + (box.repeat ? ' ↻' : '');
}

function arrow(color) {
  return svg('marker', { id: `arrow-${color}`, viewBox: '0 0 8 8', refX: 7, refY: 4, markerWidth: 7,
    markerHeight: 7,
    orient: 'auto' }, svg('path', { d: 'M0 0L8 4L0 8', class: `head ${color}` }));
}

/**
 * The graph as an SVG element. `open(box)` is called for a node or group that was chosen. Answers the element
 * and `boxes`: by path, the parts of each box that say how it stands.
 */
export function paint(graph, { open, label }) {
  const boxes = new Map();
  const root = svg('svg', {
    class: 'graph', role: 'group', 'aria-label': label, width: graph.width, height: graph.height,
    viewBox: `0 0 ${graph.width} ${graph.height}`,
  }, svg('defs', {}, arrow('plain'), arrow('error')));
  const draw = (box, isGroup) => {
    const { x, y, width, height } = box.frame;
    const state = svg('text', { class: 'state', x: x + width - 10, y: y + 18, 'text-anchor': 'end' });
    const hint = svg('title', {}, plain(box.path));
    const element = svg('g', {
      class: `${isGroup ? 'group' : 'node'} ${box.role}`,
      ...(open ? { tabindex: 0, role: 'button', onclick: (event) => { event.stopPropagation(); open(box); },
        onkeydown: (event) => {
          if (event.key !== 'Enter' && event.key !== ' ') return;
          event.preventDefault();
          event.stopPropagation();
          open(box);
        } } : {}),
      'aria-label': `${title(box)}${box.detail ? `, ${plain(box.detail)}` : ''}`,
    },
    hint, svg('rect', { x, y, width, height, rx: 6 }),
    svg('text', { class: 'title', x: x + 10, y: y + 18 },
      cut(title(box), isGroup ? Math.floor(width / 8) : 17)),
    isGroup ? null : svg('text', { class: 'detail', x: x + 10, y: y + 35 },
      cut(plain(box.condition ? `if ${box.condition}` : box.detail ?? '', 60), 27)),
    state);
    if (box.kind !== 'branch' && box.kind !== 'always') boxes.set(box.path, { element, state, hint, box });
    root.append(element);
  };
  for (const group of graph.groups) draw(group, true);
  for (const edge of graph.edges) {
    const kind = edge.kind === 'error' ? 'error' : 'plain';
    root.append(svg('path', { class: `edge ${edge.kind}`, d: path(edge.points),
      'marker-end': `url(#arrow-${kind})` },
      svg('title', {}, edge.label ? plain(edge.label) : edge.kind)));
  }
  for (const node of graph.nodes) draw(node, false);
  return { element: root, boxes };
}
