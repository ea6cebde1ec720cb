// The public API, as any client uses it.
import { parse, stringify } from './json.js';
import { clock } from './format.js';

/** A problem (RFC 9457) that the server answered, or no answer at all (status 0). */
export class Problem extends Error {
  constructor(status, problem) {
    super(problem?.detail ?? problem?.title ?? (status ? `HTTP ${status}` : 'the server cannot be reached'));
    this.status = status;
    this.errors = problem?.errors ?? [];
  }
}

let signIn = async () => false;
/** Sets what asks for a key after a 401; it answers whether a new try is worth it. */
export function onUnauthorized(ask) { signIn = ask; }

async function send(method, path, { body, headers = {}, signal } = {}, isRetry = false) {
  let response;
  try {
    response = await fetch(path, {
      method, signal, credentials: 'same-origin', cache: 'no-cache',
      headers: body === undefined ? headers : { 'Content-Type': 'application/json', ...headers },
      body: body === undefined ? undefined : (typeof body === 'string' ? body : stringify(body)),
    });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Problem(0, null);
  }
  const date = Date.parse(response.headers.get('Date') ?? '');
  // The header has whole seconds: less than two are no difference.
  if (date && Math.abs(date - Date.now()) > 2000) clock.skew = date - Date.now();
  if (response.status === 401 && !isRetry && await signIn()) {
    return send(method, path, { body, headers, signal }, true);
  }
  const text = await response.text();
  const isJSON = (response.headers.get('Content-Type') ?? '').includes('json');
  const answer = isJSON && text ? parse(text) : text;
  if (!response.ok) throw new Problem(response.status, isJSON ? answer : null);
  return answer;
}

export const api = {
  get: (path, options) => send('GET', path, options),
  post: (path, body = {}, options = {}) => send('POST', path, { body, ...options }),
  put: (path, body, options = {}) => send('PUT', path, { body, ...options }),
};

/** `/v1/runs?status=failed` from a path and parameters; empty ones are left out. */
export function target(path, parameters = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== null && value !== '') query.set(name, value);
  }
  const text = query.toString();
  return text ? `${path}?${text}` : path;
}

export const runPath = (id) => `/v1/runs/${encodeURIComponent(id)}`;
export const stepPath = (id, path) => `${runPath(id)}/steps/${encodeURIComponent(path)}`;
