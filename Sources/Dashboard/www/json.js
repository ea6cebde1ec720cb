// JSON without loss: a number that a double cannot hold keeps its text.

/** A number kept as it was written. */
export class Num {
  constructor(text) { this.text = text; }
  toString() { return this.text; }
}

const mayBeInexact = /\d{16}|\d[eE][+-]?\d|\.\d*0(?!\d)/;

/** Parses JSON; numbers that a double would change become Num. */
export function parse(text) {
  if (!mayBeInexact.test(text)) return JSON.parse(text);
  return new Reader(text).document();
}

class Reader {
  constructor(text) { this.text = text; this.at = 0; }

  document() {
    const value = this.value();
    this.space();
    if (this.at < this.text.length) throw new SyntaxError(`unexpected text at ${this.at}`);
    return value;
  }

  space() { while (/[ \t\n\r]/.test(this.text[this.at] ?? '')) this.at++; }

  value() {
    this.space();
    switch (this.text[this.at]) {
      case '{': return this.object();
      case '[': return this.array();
      case '"': return this.string();
      case 't': return this.word('true', true);
      case 'f': return this.word('false', false);
      case 'n': return this.word('null', null);
      default: return this.number();
    }
  }

  word(text, value) {
    if (!this.text.startsWith(text, this.at)) throw new SyntaxError(`unexpected text at ${this.at}`);
    this.at += text.length;
    return value;
  }

  object() {
    const object = {};
    this.at++;
    this.space();
    if (this.text[this.at] === '}') { this.at++; return object; }
    for (;;) {
      this.space();
      const key = this.string();
      this.space();
      this.word(':');
      Object.defineProperty(object, key,
        { value: this.value(), enumerable: true, configurable: true, writable: true });
      this.space();
      if (this.text[this.at] === ',') { this.at++; continue; }
      this.word('}');
      return object;
    }
  }

  array() {
    const array = [];
    this.at++;
    this.space();
    if (this.text[this.at] === ']') { this.at++; return array; }
    for (;;) {
      array.push(this.value());
      this.space();
      if (this.text[this.at] === ',') { this.at++; continue; }
      this.word(']');
      return array;
    }
  }

  string() {
    const start = this.at;
    if (this.text[this.at] !== '"') throw new SyntaxError(`a string is missing at ${this.at}`);
    for (this.at++; this.at < this.text.length; this.at++) {
      const letter = this.text[this.at];
      if (letter === '\\') this.at++;
      else if (letter === '"') {
        this.at++;
        return JSON.parse(this.text.slice(start, this.at));
      }
    }
    throw new SyntaxError('a string does not end');
  }

  number() {
    const pattern = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (!found) throw new SyntaxError(`unexpected text at ${this.at}`);
    this.at += found[0].length;
    const value = Number(found[0]);
    return String(value) === found[0] ? value : new Num(found[0]);
  }
}

/** Writes JSON; a Num as it was. */
export function stringify(value, indent = 0, margin = '') {
  if (value instanceof Num) return value.text;
  if (value === undefined) return 'null';
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const isArray = Array.isArray(value);
  const inner = margin + ' '.repeat(indent);
  const parts = isArray
    ? value.map((item) => stringify(item, indent, inner))
    : Object.keys(value).filter((key) => value[key] !== undefined)
      .map((key) => `${JSON.stringify(key)}:${indent ? ' ' : ''}${stringify(value[key], indent, inner)}`);
  const [open, close] = isArray ? '[]' : '{}';
  if (!parts.length) return open + close;
  if (!indent) return open + parts.join(',') + close;
  return `${open}\n${inner}${parts.join(`,\n${inner}`)}\n${margin}${close}`;
}
