// Checks are printed one a line, for whoever runs the suites; a check that fails
// does not end its suite.
import { createInterface } from 'node:readline';
import { isDeepStrictEqual } from 'node:util';

/** Difference is what a check has found instead of what must be. */
class Difference extends Error {
  constructor(what, got, want) {
    super(what);
    Object.assign(this, { got, want });
  }
}

let failed = 0;

const print = (line) => process.stdout.write(JSON.stringify(line, printable) + '\n');

/** printable makes text of what JSON has no word for. */
function printable(_, value) {
  return typeof value === 'bigint' || typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}

/** begin says which client is looked at. */
export function begin(client, version) {
  print({ client, version, runtime: `node ${process.version}` });
}

/** check prints whether body comes to its end, and what it returns as a note. */
export async function check(name, body) {
  try {
    print({ check: name, ok: true, note: await body() });
  } catch (e) {
    failed++;
    if (e instanceof Difference) {
      print({ check: name, ok: false, got: e.got, want: e.want, note: e.message });
    } else {
      print({ check: name, ok: false, note: String(e?.stack ?? e).slice(0, 2000) });
    }
  }
}

/** finish ends the process, whatever is still open. */
export function finish() {
  process.exit(failed > 0 ? 1 : 0);
}

/** equal demands that two values are the same in every field. */
export function equal(got, want, what = '') {
  if (!isDeepStrictEqual(got, want)) throw new Difference(what, got ?? null, want ?? null);
}

/** holds demands that something is true, and shows got if it is not. */
export function holds(condition, what, got) {
  if (!condition) throw new Difference(what, got ?? null, true);
}

/** refused demands that a call fails with exactly this class of error, and a text. */
export async function refused(call, kind, text = '') {
  let answer;
  try {
    answer = await call();
  } catch (e) {
    equal(e.constructor.name, kind.name, e.message);
    holds(e.message.includes(text), `the message has ${text}`, e.message);
    return;
  }
  throw new Difference('it was taken', answer, kind.name);
}

/** pick returns some fields of an object. */
export function pick(object, names) {
  return Object.fromEntries(names.split(' ').map((name) => [name, object[name]]));
}

/** within waits for a promise, but not for ever. */
export async function within(ms, promise, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing within ${ms} ms: ${what}`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** eventually calls a probe until it does not throw, and returns what it returns. */
export async function eventually(ms, probe) {
  for (const end = Date.now() + ms; ;) {
    try {
      return await probe();
    } catch (e) {
      if (Date.now() > end) throw e;
    }
    await sleep(20);
  }
}

/** sleep lets time pass. */
export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

/** ask has whoever runs the suite do something, and waits until it is done. */
export async function ask(request) {
  print(request);
  const { value, done } = await answers.next();
  equal(done ? 'the end' : JSON.parse(value), { done: request.do });
}
