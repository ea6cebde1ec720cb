// Starting a run, with a form made from the workflow's schema.
import { h, fill } from './dom.js';
import { View } from './view.js';
import { api } from './api.js';
import { navigate } from './router.js';
import { plain } from './format.js';
import { parse, stringify } from './json.js';
import { field } from './schema-form.js';
import { command, quoted } from './dialog.js';

customElements.define('pawl-start', class extends View {
  render() {
    this.body = h('div');
    fill(this, this.heading(`Start ${plain(this.params.name, 80)}`), this.body);
  }

  async load() {
    this.workflow = await api.get(`/v1/workflows/${encodeURIComponent(this.params.name)}`,
      { signal: this.signal });
    this.draw();
  }

  draw() {
    const { name, version, input: schema, description } = this.workflow;
    this.isRaw = !schema?.properties;
    this.form = field('', schema ?? {}, { isRequired: true });
    this.raw = h('textarea', { rows: 12, class: 'mono', spellcheck: 'false', 'aria-label': 'Input as JSON',
      value: '{}', oninput: () => this.showCommand() });
    this.area = h('div', { oninput: () => this.showCommand() });
    this.toggle = h('button', { type: 'button', class: 'link', onclick: () => this.swap() });
    const text = (label, id, hint) => {
      const input = h('input', { id, spellcheck: 'false', oninput: () => this.showCommand() });
      return [input, h('div', { class: 'field' }, h('label', { for: id }, label), input, h('small', {},
        hint))];
    };
    let keyField; let labelField; let delayField;
    [this.key, keyField] = text('Key', 'run-key', 'your own name for the run, unique while it is live');
    [this.labels, labelField] = text('Labels', 'run-labels', 'name=value, separated by spaces');
    [this.delay, delayField] = text('Delay', 'run-delay', 'such as 10m; at once if empty');
    this.error = h('div', { class: 'problem', role: 'alert', hidden: true });
    this.command = h('div', { class: 'commands' });
    fill(this.body, description ? h('p', {}, plain(description, 500)) : null,
      h('form', { class: 'start', novalidate: true,
        onsubmit: (event) => { event.preventDefault(); this.submit(); } },
        h('div', { class: 'heading' }, h('h2', {}, `Input of version ${version}`), schema?.properties
          ? this.toggle : null),
        this.area, h('details', {}, h('summary', {}, 'Key, labels, delay'), keyField, labelField, delayField),
        this.error, h('div', { class: 'buttons' }, h('button', { class: 'primary' }, 'Run and follow'),
          h('a', { class: 'button', href: `/workflows/${encodeURIComponent(name)}` }, 'Back'))),
      this.command);
    this.showForm();
  }

  showForm() {
    this.toggle.textContent = this.isRaw ? 'As a form' : 'As JSON';
    fill(this.area, this.isRaw ? this.raw : this.form.element);
    this.showCommand();
  }

  swap() {
    try {
      const value = this.input();
      this.isRaw = !this.isRaw;
      if (this.isRaw) this.raw.value = stringify(value, 2);
      else this.form = field('', this.workflow.input, { isRequired: true, value });
      this.error.hidden = true;
    } catch {
      // What is not complete in one shape is begun anew in the other.
      this.isRaw = !this.isRaw;
    }
    this.showForm();
  }

  input() { return this.isRaw ? parse(this.raw.value || 'null') : this.form.value(); }

  showCommand() {
    let text;
    try {
      const key = this.key.value ? ` --key ${quoted(this.key.value)}` : '';
      text = `echo ${quoted(stringify(this.input()))} | `
        + `pawl run start ${quoted(this.workflow.name)} --input -${key} --follow`;
    } catch {
      text = `pawl run start ${quoted(this.workflow.name)} --input @input.json --follow`;
    }
    fill(this.command, command('CLI', text));
  }

  request() {
    const labels = Object.fromEntries(this.labels.value.trim().split(/\s+/).filter(Boolean).map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1) throw new Error(`label “${pair}” is not name=value`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }));
    return {
      workflow: this.workflow.name, input: this.input(),
      ...(this.key.value ? { key: this.key.value } : {}), ...(this.delay.value
        ? { delay: this.delay.value } : {}),
      ...(Object.keys(labels).length ? { labels } : {}),
    };
  }

  async submit() {
    try {
      // A second click, or one after a lost answer, starts no second run.
      this.attempt ??= crypto.randomUUID?.() ?? String(Math.random());
      const run = await api.post('/v1/runs', this.request(),
        { headers: { 'Idempotency-Key': this.attempt } });
      navigate(`/runs/${run.id}`);
    } catch (error) {
      if (error.status) this.attempt = undefined;
      this.error.hidden = false;
      fill(this.error, h('strong', {}, `${plain(error.message, 500)}.`),
        error.errors?.length ? h('ul', {}, error.errors.map((one) =>
          h('li', {}, h('code', {}, plain(one.pointer ?? '', 200)), ` ${plain(one.message, 300)}`))) : null);
      this.error.scrollIntoView({ block: 'nearest' });
    }
  }
});
