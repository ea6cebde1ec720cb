// Questions and short messages.
import { h, copy } from './dom.js';
import { stringify } from './json.js';

/** Shows a dialog until it is closed; answers with its return value, '' when it was dismissed. */
export function ask(title, ...content) {
  return new Promise((resolve) => {
    const before = document.activeElement;
    const dialog = h('dialog', { 'aria-label': title }, h('h2', {}, title), content);
    dialog.addEventListener('close', () => {
      dialog.remove();
      before?.focus?.();
      resolve(dialog.returnValue);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** A message that goes by itself; problems stay until they are closed. */
export function toast(message, kind = 'info') {
  const close = h('button', { 'aria-label': 'Close message', onclick: () => box.remove() }, '×');
  const box = h('div', { class: `toast ${kind}` }, h('span', {}, message), close);
  document.getElementById('toasts').append(box);
  if (kind === 'info') setTimeout(() => box.remove(), 5000);
}

/** A command that can be copied. */
export function command(label, text) {
  return h('div', { class: 'command' }, h('span', { class: 'label' }, label),
    h('code', {}, text),
    h('button', { type: 'button', 'aria-label': `Copy ${label}`, onclick: async (event) => {
      await copy(text);
      event.target.textContent = 'Copied';
    } }, 'Copy'));
}

/** What a terminal obeys or a reader does not see: it must reach neither by a copied command. */
const hidden = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** A word in quotes where a shell would take it apart; in such with escapes, as bash and zsh have them. */
export function quoted(text) {
  const word = String(text);
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  if (word.search(hidden) < 0) return `'${word.replaceAll("'", "'\\''")}'`;
  const escaped = word.replace(/[\\']/g, '\\$&').replace(hidden, (letter) =>
    `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return `$'${escaped}'`;
}

/**
 * Asks whether to do something, and does it: { title, text, verb, danger, fields, cli(values), call(values),
 * request(values) }. A field is { name, label, required, multiline, choices, value, placeholder, hint };
 * choices are pairs of a value and its title. What the server refuses is shown in place. Answers with what
 * `call` gave, or undefined.
 */
export async function confirm(action) {
  let result;
  const fields = action.fields ?? [];
  const inputs = Object.fromEntries(fields.map((field) =>
    [field.name, control(field, () => showCommands())]));
  const values = () => Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, input.value]));
  const commands = h('div', { class: 'commands' });
  const error = h('p', { class: 'problem', role: 'alert', hidden: true });
  const showCommands = () => commands.replaceChildren(
    action.cli ? command('CLI', action.cli(values())) : '',
    action.request ? command('curl', curl(...action.request(values()))) : '');
  const confirmButton = h('button', { class: action.danger ? 'danger' : 'primary' }, action.verb);
  const form = h('form', { onsubmit: async (event) => {
    event.preventDefault();
    confirmButton.disabled = true;
    try {
      result = (await action.call(values())) ?? true;
      form.closest('dialog').close('done');
    } catch (problem) {
      error.hidden = false;
      error.textContent = `${problem.message}. ${problem.errors?.map?.((one) =>
        `${one.pointer ?? ''} ${one.message}`).join('; ') ?? ''}`;
      confirmButton.disabled = false;
    }
  } },
  action.text ? h('p', {}, action.text) : null,
  fields.map((field) => h('label', { class: 'field' }, h('span', {}, field.label), inputs[field.name],
    field.hint ? h('small', {}, field.hint) : null)),
  error,
  h('div', { class: 'buttons' }, confirmButton,
    h('button', { type: 'button', onclick: () => form.closest('dialog').close('') }, 'Leave it')),
  action.cli || action.request ? h('details', {}, h('summary', {}, 'The same from a terminal'), commands)
    : null);
  showCommands();
  await ask(action.title, form);
  return result;
}

function control(field, changed) {
  const common = { name: field.name, required: field.required, oninput: changed };
  if (field.choices) {
    return h('select', common, field.choices.map(([value, title]) => h('option', { value }, title)));
  }
  return h(field.multiline ? 'textarea' : 'input', {
    ...common, type: field.multiline ? null : field.type ?? 'text', value: field.value ?? '',
    rows: field.multiline ? 5 : null, placeholder: field.placeholder, spellcheck: 'false',
  });
}

function curl(method, path, body) {
  const type = body === undefined ? '' : ` -H 'Content-Type: application/json' -d ${quoted(stringify(body))}`;
  return `curl -X ${method}${type} ${quoted(location.origin + path)}`;
}

/** Asks for an API key and trades it for a session. */
export async function askForKey() {
  const done = await confirm({
    title: 'Sign in',
    text: 'This server wants an API key. It is traded for a session and not kept by this page.',
    verb: 'Sign in',
    fields: [{ name: 'key', label: 'API key', required: true, type: 'password' }],
    call: async ({ key }) => {
      const response = await fetch('/v1/session', {
        method: 'POST', credentials: 'same-origin',
        headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ token: key.trim() }),
      });
      if (!response.ok) throw new Error(response.status === 401 ? 'The key is not valid'
        : 'No session was given');
      return true;
    },
  });
  return Boolean(done);
}
