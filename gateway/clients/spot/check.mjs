// What was checked goes to standard output: a line about the client first, then a
// line of JSON for each check.
import { isDeepStrictEqual } from 'node:util';

const patience = 5000; // milliseconds that something expected may take

const names = new Set();
let failed = 0;

function say(line) {
  process.stdout.write(`${JSON.stringify(line, (_, v) => (typeof v === 'bigint' ? `${v}n` : v))}\n`);
}

// begin says which client is run.
export function begin(client, version) {
  say({ client, version, runtime: `node ${process.version}` });
}

function note(name, ok, more) {
  if (names.has(name)) throw new Error(`two checks are called ${name}`);
  names.add(name);
  if (!ok) failed++;
  say(ok ? { check: name, ok } : { check: name, ok, ...more });
}

// same checks that a value is the one that is wanted, in every part.
export function same(name, got, want) {
  note(name, isDeepStrictEqual(got, want), { got, want });
}

// holds checks that a value has a property, which is told in words.
export function holds(name, ok, got, want) {
  note(name, ok === true, { got, want });
}

// during checks that a time which a function returns, in milliseconds, is of its run.
export async function during(name, f) {
  const before = Date.now();
  const got = await f();
  const after = Date.now();
  holds(name, before <= got && got <= after, got, `${before} to ${after}`);
}

// refused checks that a promise fails with an error of the library, its code and its
// text. The websocket API fails with the object that the exchange has sent.
export async function refused(name, promise, type, code, text) {
  const want = { type: type.name, code, text };
  try {
    note(name, false, { got: await promise, want });
  } catch (e) {
    const got = { type: e.constructor.name, code: e.code, text: e.message ?? e.msg };
    note(name, isDeepStrictEqual(got, want), { got, want });
  }
}

// eventually waits until a function returns something, and returns it.
export async function eventually(what, f, ms = patience) {
  for (const end = Date.now() + ms; Date.now() < end; await new Promise((r) => setTimeout(r, 10))) {
    const v = await f();
    if (v) return v;
  }
  throw new Error(`${what}: nothing within ${ms} ms`);
}

// part runs a part of the suite. What it throws is a failed check, for the checks
// after it are missing.
export async function part(name, f) {
  try {
    await f();
  } catch (e) {
    note(`${name} runs to its end`, false, { got: e.stack ?? e, want: 'no error' });
  }
}

// end returns the exit code.
export function end() {
  return failed === 0 && names.size > 0 ? 0 : 1;
}
