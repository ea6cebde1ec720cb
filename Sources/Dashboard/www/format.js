// Words, glyphs and times, the same on every page.
import { h } from './dom.js';

const glyphs = {
  scheduled: '◷', queued: '◦', running: '▶', waiting: '◔', paused: '‖', cancelling: '◐', compensating: '↩',
  succeeded: '✓', failed: '✕', cancelled: '⊘', terminated: '■', pending: '·', backoff: '↻', skipped: '⇢',
  compensated: '↩', compensation_failed: '✕', snoozed: '◔', deferred: '◔', lost: '?', alive: '●',
  draining: '◐', gone: '○', ready: '●', degraded: '◐', unavailable: '✕', completed: '✓',
};
const terminal = new Set(['succeeded', 'failed', 'cancelled', 'terminated']);

export const runStatuses = ['running', 'waiting', 'queued', 'scheduled', 'paused', 'cancelling',
  'compensating', 'succeeded', 'failed', 'cancelled', 'terminated'];
export const isTerminal = (status) => terminal.has(status);
export const glyph = (status) => glyphs[status] ?? '·';
export const word = (status) => String(status).replaceAll('_', ' ');

/** A status as glyph, word and colour. */
export function badge(status) {
  return h('span', { class: `status s-${status}` },
    h('span', { class: 'glyph', 'aria-hidden': 'true' }, glyph(status)), word(status));
}

/** 1h 04m, 2m 05s, 3.4s, 12ms. */
export function duration(milliseconds) {
  if (!Number.isFinite(milliseconds)) return '';
  const value = Math.max(0, milliseconds);
  if (value < 1000) return `${Math.round(value)}ms`;
  if (value < 9950) return `${(value / 1000).toFixed(1)}s`;
  const seconds = Math.round(value / 1000);
  if (seconds < 60) return `${seconds}s`;
  const pad = (number) => String(number).padStart(2, '0');
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${pad(seconds % 60)}s`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)}h ${pad(Math.floor(seconds / 60) % 60)}m`;
  return `${Math.floor(seconds / 86400)}d ${pad(Math.floor(seconds / 3600) % 24)}h`;
}

export function bytes(count) {
  if (count < 1024) return `${count} B`;
  const units = ['KiB', 'MiB', 'GiB', 'TiB'];
  let value = count / 1024;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) { value /= 1024; unit++; }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

export const count = (number) => new Intl.NumberFormat('en').format(number);
export const plural = (number, noun) => `${count(number)} ${noun}${number === 1 ? '' : 's'}`;

/** How the server's clock is ahead of this one, from the Date header of its answers. */
export const clock = { skew: 0, now: () => Date.now() + clock.skew };

const modes = ['relative', 'local', 'utc'];
export const timeMode = {
  current: localStorage.getItem('pawl.time') ?? 'relative',
  next() {
    timeMode.current = modes[(modes.indexOf(timeMode.current) + 1) % modes.length];
    localStorage.setItem('pawl.time', timeMode.current);
    tick();
  },
};

function relative(instant) {
  const distance = clock.now() - instant;
  const seconds = Math.round(Math.abs(distance) / 1000);
  const text = seconds < 60 ? `${seconds}s` : seconds < 3600 ? `${Math.floor(seconds / 60)}m`
    : duration(seconds * 1000);
  return distance >= 0 ? (distance < 1000 ? 'now' : `${text} ago`) : `in ${text}`;
}

const local = (instant) => {
  const date = new Date(instant);
  const pad = (number, width = 2) => String(number).padStart(width, '0');
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())} `
    + `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
};

function timeText(iso) {
  const instant = Date.parse(iso);
  if (timeMode.current === 'utc') return iso.replace('T', ' ').replace(/\.\d+Z$/, 'Z');
  return timeMode.current === 'local' ? local(instant) : relative(instant);
}

/** An instant; the tooltip always shows all three ways. */
export function time(iso) {
  if (!iso) return h('span', { class: 'none' }, '–');
  const title = `${local(Date.parse(iso))} local\n${iso}`;
  return h('time', { datetime: iso, title, data: { live: '1' } }, timeText(iso));
}

/** The length of something that may still go on. */
export function elapsed(from, to) {
  if (!from) return h('span', { class: 'none' }, '–');
  const text = duration((to ? Date.parse(to) : clock.now()) - Date.parse(from));
  return h('span', { class: 'num', data: to ? {} : { from } }, text);
}

/** One clock for all that ticks; it touches only what is on the page. */
export function tick() {
  for (const element of document.querySelectorAll('time[data-live]')) {
    const text = timeText(element.dateTime);
    if (element.textContent !== text) element.textContent = text;
  }
  for (const element of document.querySelectorAll('[data-from]')) {
    element.textContent = duration(clock.now() - Date.parse(element.dataset.from));
  }
}

/** A text on one line, its control and direction characters made visible. */
export function plain(text, limit = 2000) {
  const value = String(text ?? '');
  const cut = value.length > limit ? `${value.slice(0, limit)}…` : value;
  return visible(cut);
}

/** Control characters as their pictures; what turns the direction of text as its code. */
export function visible(text) {
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g,
    (letter) => (letter === '\u007f' ? '␡' : String.fromCharCode(0x2400 + letter.charCodeAt(0))))
    .replace(/[\u0080-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
      (letter) => `⟨U+${letter.charCodeAt(0).toString(16).toUpperCase()}⟩`);
}

/** The end of an id, which is what differs between ids of one day. */
export const shortId = (id) => (id.length > 14 ? `…${id.slice(-8)}` : id);
