// A form from a JSON Schema; what it cannot ask for in fields it takes as JSON.
import { h, fill } from './dom.js';
import { Num, parse, stringify } from './json.js';
import { plain } from './format.js';

let next = 0;

/** The type of a schema, if it is one alone. */
function typeOf(schema) {
  if (schema.enum || schema.const !== undefined) return 'choice';
  const types = [schema.type ?? (schema.properties ? 'object'
    : undefined)].flat().filter((one) => one !== 'null');
  return types.length === 1 ? types[0] : 'json';
}

/** A field: its element, and `value()`, which is undefined for nothing and throws what is wrong. */
export function field(name, schema, { isRequired = false, value } = {}) {
  const start = value === undefined ? schema.default : value;
  const make = { object: objectField, array: arrayField, boolean: booleanField, choice: choiceField,
    string: stringField, integer: numberField, number: numberField }[typeOf(schema)] ?? jsonField;
  return make(name, schema, isRequired, start);
}

function labelled(name, schema, isRequired, input) {
  const id = `field-${next++}`;
  input.id = id;
  return h('div', { class: 'field' },
    h('label', { for: id }, plain(schema.title ?? name, 80), isRequired ? h('span', { class: 'bad' },
      ' required') : null),
    input, schema.description ? h('small', {}, plain(schema.description, 400)) : null);
}

function missing(name, isRequired) {
  if (isRequired) throw new Error(`${name} is required`);
  return undefined;
}

function stringField(name, schema, isRequired, start) {
  const isLong = (schema.maxLength ?? 0) > 200 || /\n/.test(start ?? '');
  const input = h(isLong ? 'textarea' : 'input', {
    value: start ?? '', required: isRequired && (schema.minLength ?? 0) > 0, maxlength: schema.maxLength,
    placeholder: schema.examples?.[0] ?? '', spellcheck: 'false',
  });
  // An empty text counts as none, unless it is required and may be empty.
  return { element: labelled(name, schema, isRequired, input), value() {
    if (input.value === '' && !(isRequired && !schema.minLength)) return missing(name, isRequired);
    return input.value;
  } };
}

function numberField(name, schema, isRequired, start) {
  const range = [schema.minimum, schema.maximum].map((bound) => (bound === undefined ? '' : String(bound)));
  const input = h('input', { inputmode: 'decimal', value: start === undefined ? '' : String(start),
    placeholder: range.some(Boolean) ? range.join(' … ') : '', required: isRequired });
  return { element: labelled(name, schema, isRequired, input), value() {
    const text = input.value.trim();
    if (!text) return missing(name, isRequired);
    const pattern = schema.type === 'integer' ? /^-?(0|[1-9]\d*)$/
      : /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;
    if (!pattern.test(text)) throw new Error(`${name}: “${text}” is no ${schema.type}`);
    // As text, so that no digit is lost.
    return new Num(text);
  } };
}

function booleanField(name, schema, isRequired, start) {
  const input = h('select', {}, (isRequired ? [] : ['']).concat(['true', 'false']).map((word) =>
    h('option', { value: word, selected: String(start ?? (isRequired ? false : '')) === word }, word
      || '–')));
  return { element: labelled(name, schema, isRequired, input), value() {
    return input.value === '' ? undefined : input.value === 'true';
  } };
}

function choiceField(name, schema, isRequired, start) {
  const choices = schema.enum ?? [schema.const];
  const input = h('select', {}, isRequired ? null : h('option', { value: '' }, '–'), choices.map((choice,
    index) =>
    h('option', { value: index, selected: stringify(choice) === stringify(start ?? null) },
      plain(typeof choice === 'string' ? choice : stringify(choice), 120))));
  return { element: labelled(name, schema, isRequired, input), value() {
    return input.value === '' ? undefined : choices[Number(input.value)];
  } };
}

function jsonField(name, schema, isRequired, start) {
  const input = h('textarea', { rows: 3, spellcheck: 'false', class: 'mono', placeholder: 'JSON',
    value: start === undefined ? '' : stringify(start, 2) });
  return { element: labelled(name, schema, isRequired, input), value() {
    if (!input.value.trim()) return missing(name, isRequired);
    try {
      return parse(input.value);
    } catch (error) {
      throw new Error(`${name}: no JSON: ${error.message}`);
    }
  } };
}

function objectField(name, schema, isRequired, start) {
  const properties = Object.entries(schema.properties ?? {});
  if (!properties.length) return jsonField(name, schema, isRequired, start);
  const required = new Set(schema.required ?? []);
  const fields = properties.map(([key, inner]) => [key, field(key, inner === true ? {} : inner,
    { isRequired: required.has(key), value: start?.[key] })]);
  const legend = name ? h('legend', {}, plain(schema.title ?? name, 80)) : null;
  return { element: h('fieldset', { class: name ? '' : 'root' }, legend, fields.map(([,
    one]) => one.element)), value() {
    const object = {};
    for (const [key, one] of fields) {
      const value = one.value();
      if (value !== undefined) object[key] = value;
    }
    return Object.keys(object).length || isRequired || !name ? object : undefined;
  } };
}

function arrayField(name, schema, isRequired, start) {
  const inner = schema.items && schema.items !== true ? schema.items : {};
  if (typeOf(inner) === 'json') return jsonField(name, schema, isRequired, start);
  let fields = [];
  const list = h('div', { class: 'items' });
  const draw = () => fill(list, fields.map((one, index) => h('div', { class: 'item' }, one.element,
    h('button', { type: 'button', 'aria-label': `Remove ${name} ${index + 1}`, onclick: () => {
      fields = fields.filter((other) => other !== one);
      draw();
    } }, '×'))));
  const add = (value) => fields.push(field(`${name} ${fields.length + 1}`, inner, { isRequired: true,
    value }));
  for (const value of start ?? []) add(value);
  draw();
  return { element: h('fieldset', {}, h('legend', {}, plain(schema.title ?? name, 80)), list,
    h('button', { type: 'button', onclick: () => { add(); draw(); } }, `Add to ${plain(name, 40)}`)),
      value() {
    return fields.length || isRequired ? fields.map((one) => one.value()) : undefined;
  } };
}
