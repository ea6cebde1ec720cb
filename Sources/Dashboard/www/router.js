// Paths to views; the URL holds all that a view shows, so that Back and a copied link work.

const routes = [];
let current;

/** `/runs/:id` shows a custom element with `params`. */
export function route(path, tag) {
  const names = [];
  const pattern = path.replace(/:(\w+)/g, (_, name) => { names.push(name); return '([^/]+)'; });
  routes.push({ tag, names, pattern: new RegExp(`^${pattern}/?$`) });
}

function find(path) {
  for (const { tag, names, pattern } of routes) {
    const found = pattern.exec(path);
    if (!found) continue;
    const params = Object.fromEntries(names.map((name, index) => [name, decode(found[index + 1])]));
    return { tag, params };
  }
  return { tag: 'pawl-nowhere', params: {} };
}

function decode(text) {
  try { return decodeURIComponent(text); } catch { return text; }
}

/** Shows what the URL says; a view that only gets another query is told so and stays. */
export function show(isNavigation = true) {
  const { tag, params } = find(location.pathname);
  const key = `${tag} ${JSON.stringify(params)}`;
  const query = new URLSearchParams(location.search);
  if (current?.key === key && current.view.update) {
    current.view.update(query);
  } else {
    const view = document.createElement(tag);
    view.params = params;
    view.query = query;
    current = { key, view };
    document.getElementById('main').replaceChildren(view);
    if (isNavigation) {
      scrollTo(0, 0);
      document.getElementById('main').focus({ preventScroll: true });
    }
  }
  dispatchEvent(new Event('pawl-navigated'));
}

export function navigate(url, { replace = false } = {}) {
  history[replace ? 'replaceState' : 'pushState'](null, '', url);
  show(!replace);
}

/** Changes parameters of the query; null removes one. */
export function setQuery(changes, options) {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === undefined || value === '') query.delete(name);
    else query.set(name, value);
  }
  const text = query.toString();
  navigate(location.pathname + (text ? `?${text}` : ''), options);
}

export function start() {
  addEventListener('popstate', () => show());
  document.addEventListener('click', (event) => {
    const link = event.target.closest?.('a[href]');
    if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) {
      return;
    }
    const url = new URL(link.href);
    if (url.origin !== location.origin || link.target || link.hasAttribute('download')) return;
    if (url.pathname.startsWith('/v1/') || (url.hash && url.pathname === location.pathname)) return;
    event.preventDefault();
    navigate(url.pathname + url.search);
  });
  show(false);
}
