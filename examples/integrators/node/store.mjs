// What survives a crash: an append-only file of JSON lines. A line is one commit, keys to values (null: gone), so a
// line that was cut off by a crash is a commit that never happened. Also: instants, as milliseconds since 1970, UTC.

import fs from 'node:fs';
import path from 'node:path';

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export const text = (instant) => (instant === null ? null : new Date(instant).toISOString());

/** Return an instant, rounded up to a whole millisecond, or null for what is no time. */
export function instant(value) {
  if (typeof value !== 'string') return null;
  const [, whole, fraction = '', zone] = /^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)$/.exec(value) ?? [];
  if (whole === undefined) return null;
  return Date.parse(whole.replace(' ', 'T') + zone) + Math.ceil(Number(`0${fraction}`) * 1000);
}

/** A pause that doubles with each try, from `first` up to `most`. */
export const growing = (tries, first = 30 * SECOND, most = HOUR) => Math.min(first * 2 ** Math.min(tries, 20), most);

export class Store {
  constructor(directory) {
    fs.mkdirSync(directory, { recursive: true });
    this.file = path.join(directory, 'state.jsonl');
    this.values = new Map();
    this.#load();
    this.#compact();
    this.handle = fs.openSync(this.file, 'a');
  }

  get(key) {
    return this.values.get(key);
  }

  /** Return the values whose keys begin so. */
  under(prefix) {
    return [...this.values].filter(([key]) => key.startsWith(prefix)).map(([, value]) => value);
  }

  /** Make several changes at once: after this all of them survive, before it none. */
  commit(changes) {
    fs.writeSync(this.handle, `${JSON.stringify(changes)}\n`);
    fs.fdatasyncSync(this.handle);
    this.#apply(changes);
  }

  close() {
    fs.closeSync(this.handle);
  }

  #apply(changes) {
    for (const [key, value] of Object.entries(changes)) {
      if (value === null) this.values.delete(key);
      else this.values.set(key, value);
    }
  }

  #load() {
    if (!fs.existsSync(this.file)) return;
    const lines = fs.readFileSync(this.file, 'utf8').split('\n');
    lines.pop(); // what follows the last newline was cut off
    for (const line of lines) this.#apply(JSON.parse(line));
  }

  #compact() {
    const fresh = `${this.file}.new`;
    const lines = [...this.values].map(([key, value]) => `${JSON.stringify({ [key]: value })}\n`);
    fs.writeFileSync(fresh, lines.join(''), { flush: true });
    fs.renameSync(fresh, this.file);
  }
}
