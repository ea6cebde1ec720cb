// The shell: navigation, tools, keys. Every page is a custom element of its own.
import { h, fill } from './dom.js';
import { route, start, navigate } from './router.js';
import { onUnauthorized } from './api.js';
import { askForKey, ask } from './dialog.js';
import { tick, timeMode } from './format.js';
import { status, onStatus, toggleHold, again } from './live.js';
import './runs.js';
import './run.js';
import './workflows.js';
import './workflow.js';
import './start.js';
import './schedules.js';
import './operations.js';
import './plugins.js';
import './batches.js';
import './system.js';

const pages = [
  ['/runs', 'Runs', 'r'], ['/workflows', 'Workflows', 'w'], ['/schedules', 'Schedules', 's'],
  ['/queues', 'Queues', 'q'], ['/workers', 'Workers', 'k'], ['/batches', 'Batches', 'b'],
  ['/plugins', 'Plugins', 'p'], ['/system', 'System', 'y'],
];

route('/', 'pawl-runs');
route('/runs', 'pawl-runs');
route('/runs/:id', 'pawl-run');
route('/workflows', 'pawl-workflows');
route('/workflows/:name', 'pawl-workflow');
route('/workflows/:name/start', 'pawl-start');
route('/schedules', 'pawl-schedules');
route('/schedules/:name', 'pawl-schedule');
route('/queues', 'pawl-queues');
route('/workers', 'pawl-workers');
route('/batches', 'pawl-batches');
route('/plugins', 'pawl-plugins');
route('/system', 'pawl-system');

customElements.define('pawl-nowhere', class extends HTMLElement {
  connectedCallback() {
    document.title = 'Not found · Pawl';
    fill(this, h('h1', {}, 'There is no such page'), h('p', {}, h('a', { href: '/runs' }, 'All runs')));
  }
});

// MARK: theme

const themes = ['auto', 'light', 'dark'];
let theme = localStorage.getItem('pawl.theme') ?? 'auto';

function applyTheme() {
  if (theme === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  themeButton.textContent = `Theme: ${theme}`;
}

function nextTheme() {
  theme = themes[(themes.indexOf(theme) + 1) % themes.length];
  localStorage.setItem('pawl.theme', theme);
  applyTheme();
}

// MARK: the tools at the right

const themeButton = h('button', { class: 'quiet', onclick: nextTheme });
const timeButton = h('button', { class: 'quiet', onclick: () => { timeMode.next(); showTimeMode(); } });
const pill = h('button', { class: 'pill', onclick: () =>
  (status.state === 'unauthorized' ? signIn() : toggleHold()) });
const jump = h('input', {
  type: 'search', placeholder: 'Jump to id or WORKFLOW:KEY', 'aria-label': 'Jump to a run',
    spellcheck: 'false',
});

function showTimeMode() {
  timeButton.textContent = `Time: ${timeMode.current}`;
}

const states = {
  idle: ['○', 'Idle', 'Nothing on this page changes by itself.'],
  connecting: ['◌', 'Connecting', 'Connecting to the server.'],
  live: ['●', 'Live', 'Changes are shown as they happen. Click to hold them.'],
  paused: ['‖', 'Held', 'Changes are held back. Click to let them through.'],
  reconnecting: ['◌', 'Reconnecting', 'The server cannot be reached; what is shown may be old.'],
  unauthorized: ['✕', 'Signed out', 'The server wants a key. Click to sign in.'],
};

function showStatus() {
  const [glyph, word, title] = states[status.state] ?? states.idle;
  const old = status.state === 'reconnecting' && Date.now() - status.since > 5000;
  const text = old ? `Stale since ${new Date(status.since).toLocaleTimeString()}` : word;
  fill(pill, h('span', { 'aria-hidden': 'true' }, glyph), ` ${text}`);
  pill.title = title;
  pill.dataset.state = status.state;
}

// MARK: signing in

let asking;

/** Asks once for all calls that want a key, and lets the stream begin again. */
function signIn() {
  asking ??= askForKey().then((done) => {
    asking = undefined;
    if (done) again();
    return done;
  });
  return asking;
}

// MARK: keys

const help = [
  ['/', 'jump to a run'], ['g then a letter', pages.map(([, title, key]) => `${key} ${title}`).join(', ')],
  ['j k', 'next and previous row'], ['Enter', 'open the row'], ['x', 'select the row'],
  ['t', 'theme'], ['u', 'relative, local or UTC times'], ['l', 'hold or let through live changes'],
  ['?', 'this list'], ['Esc', 'close'],
];

function showHelp() {
  ask('Keys', h('dl', { class: 'keys' }, help.map(([keys, text]) =>
    [h('dt', {}, h('kbd', {}, keys)), h('dd', {}, text)])),
  h('form', { method: 'dialog', class: 'buttons' }, h('button', { class: 'primary' }, 'Close')));
}

let isGoing = false;
const keys = {
  '/': () => { jump.focus(); jump.select(); },
  '?': showHelp,
  t: nextTheme,
  u: () => timeButton.click(),
  l: toggleHold,
  g: () => { isGoing = true; setTimeout(() => { isGoing = false; }, 1500); },
};

addEventListener('keydown', (event) => {
  if (event.metaKey || event.altKey || document.querySelector('dialog[open]')) return;
  if (event.key === 'k' && event.ctrlKey) { event.preventDefault(); return keys['/'](); }
  if (event.ctrlKey || event.target.closest?.('input, textarea, select')) return;
  if (isGoing) {
    isGoing = false;
    const page = pages.find(([, , key]) => key === event.key);
    if (page) { event.preventDefault(); navigate(page[0]); }
    return;
  }
  const action = keys[event.key];
  if (action) { event.preventDefault(); return action(); }
  document.querySelector('main > *')?.key?.(event);
});

jump.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') jump.blur();
  if (event.key !== 'Enter' || !jump.value.trim()) return;
  navigate(`/runs/${encodeURIComponent(jump.value.trim())}`);
  jump.value = '';
});

// MARK: begin

function showNavigation() {
  const path = location.pathname === '/' ? '/runs' : location.pathname;
  fill(document.getElementById('nav'), pages.map(([href, title]) => h('a', {
    href, 'aria-current': path.startsWith(href) ? 'page' : null,
  }, title)));
  document.querySelector('#nav [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' });
}

fill(document.getElementById('tools'), jump, pill, timeButton, themeButton,
  h('button', { class: 'quiet', 'aria-label': 'Keys', title: 'Keys (?)', onclick: showHelp }, '?'));
applyTheme();
showTimeMode();
showStatus();
onStatus(showStatus);
onUnauthorized(signIn);
addEventListener('pawl-navigated', showNavigation);
setInterval(() => { if (!document.hidden) { tick(); showStatus(); } }, 1000);
start();
