// What this tab listens to, and what it hears.
import { LiveConnection } from './live-connection.js';

const subscriptions = new Set();
const versions = new Map();
const states = new EventTarget();
let held = false;
let missed = false;
let port;

/** `state`: idle, connecting, live, reconnecting, unauthorized; or paused by the user. */
export const status = { state: 'idle', since: Date.now() };
export const onStatus = (body) => states.addEventListener('change', body);

function show(state, since) {
  status.state = held ? 'paused' : state;
  status.since = since ?? Date.now();
  status.real = state;
  states.dispatchEvent(new Event('change'));
}

/** An entity's version only rises: what is not newer is dropped, so nothing rewinds. */
function isNews({ topic, id, version }) {
  const key = `${topic} ${id}`;
  if (version <= (versions.get(key) ?? -1)) return false;
  versions.set(key, version);
  if (versions.size > 20000) versions.delete(versions.keys().next().value);
  return true;
}

function receive(message) {
  if (message.type === 'state') return show(message.state, message.since);
  if (message.type === 'open') {
    for (const one of subscriptions) {
      if (one.topics.every((topic) => message.topics.includes(topic))) one.open();
    }
    return;
  }
  const { name, data } = message;
  if (name !== 'reset' && !isNews(data)) return;
  if (held) { missed = true; return; }
  for (const one of subscriptions) {
    if (!one.topics.includes(data.topic)) continue;
    if (name === 'reset') one.reload(); else one.handle(name, data);
  }
}

/** The page may load this one script and no other by its address. */
const worker = '/assets/live-worker.js';
const address = globalThis.trustedTypes
  ? trustedTypes.createPolicy('pawl', { createScriptURL: () => worker }).createScriptURL(worker) : worker;

function connect() {
  try {
    const shared = new SharedWorker(address, { type: 'module', name: 'pawl-live' });
    port = shared.port;
    port.onmessage = ({ data }) => receive(data);
    shared.onerror = () => { port = undefined; alone(); };
  } catch {
    alone();
  }
  addEventListener('pagehide', () => port.postMessage({ type: 'bye' }));
  addEventListener('pageshow', (event) => { if (event.persisted) announce(); });
  setInterval(() => port.postMessage({ type: 'here' }), 20000);
}

/** Without shared workers each tab has a connection of its own. */
function alone() {
  const connection = new LiveConnection(receive);
  port = {
    postMessage(message) {
      if (message.type === 'topics') connection.setTopics(message.topics);
      else if (message.type === 'again') connection.open();
      else if (message.type === 'bye') connection.close();
    },
  };
  announce();
}

function announce() {
  port.postMessage({ type: 'topics', topics: [...subscriptions].flatMap((one) => one.topics) });
}

/**
 * Listens to topics until the answer is called. `reload` reads the view: once the stream has begun, so that
 * nothing falls between, or soon without it; and again after a reset, or when updates are let through again.
 */
export function subscribe(topics, handle, reload) {
  if (!topics.length) {
    reload();
    return () => {};
  }
  if (!port) connect();
  const one = {
    topics, handle, reload, opened: false,
    open() {
      if (one.opened) return;
      one.opened = true;
      clearTimeout(timer);
      reload();
    },
  };
  const timer = setTimeout(reload, 250);
  subscriptions.add(one);
  announce();
  return () => {
    clearTimeout(timer);
    subscriptions.delete(one);
    announce();
  };
}

/** Holds updates back, or lets them through again. */
export function toggleHold() {
  held = !held;
  if (!held && missed) for (const one of subscriptions) one.reload();
  missed = false;
  show(status.real ?? status.state, status.since);
}

/** Connects again at once. */
export function again() { port?.postMessage({ type: 'again' }); }
