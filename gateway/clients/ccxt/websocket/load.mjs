// Books that are kept while a thousand changes a second are made.
import { ask, check, equal, eventually, holds, within } from '../checks.mjs';
import { connected, raw, seconds } from '../exchange.mjs';
import { copy } from './quiet.mjs';

const rate = 1000; // changes a second, at least, on average

export async function loadChecks({ btc }) {
  const clients = new Map();
  for (const base of ['/ws', '/stream/ws']) clients.set(base, await connected({}, base));
  await ask({ do: 'busy', symbol: btc.id, traders: 20, rest: 10 });
  const kept = [...clients].map(([base, client]) => keep(base, client, btc.symbol));
  for (const book of kept) {
    await check(`watchOrderBook at ${book.base} under load meets no error`, async () => {
      await book.done;
      equal(book.errors, []);
      return `${book.updates} updates, ${Math.round(book.changes / book.elapsed)} changes a second for ${Math.round(book.elapsed)} s`;
    });
  }
  await ask({ do: 'calm' });
  for (const { base, client } of kept) {
    await check(`watchOrderBook at ${base} ends with the book of REST`, () => eventually(10_000, async () => {
      const { lastUpdateId, bids, asks } = await raw('depth', { symbol: btc.id, limit: 1000 });
      const numbers = (side) => side.map((level) => level.map(Number));
      const book = client.orderbooks[btc.symbol];
      equal([book.nonce, copy(book.bids), copy(book.asks)], [lastUpdateId, numbers(bids), numbers(asks)]);
      holds(bids.length > 5 && asks.length > 5, 'there is a book', [bids.length, asks.length]);
    }));
    await client.close();
  }
}

/** keep watches a book until it has been through so many changes, for so long. */
function keep(base, client, symbol) {
  const book = { base, client, updates: 0, changes: 0, elapsed: 0, errors: [] };
  const start = Date.now();
  const late = start + 4 * seconds * 1000 + 10_000; // on a machine that is slow
  book.done = (async () => {
    let first;
    while (book.elapsed < seconds || book.changes < rate * seconds) {
      holds(Date.now() < late, `${rate * seconds} changes in time`, book.changes);
      try {
        const { nonce } = await within(10_000, client.watchOrderBook(symbol), 'book');
        first ??= nonce;
        book.updates++;
        book.changes = nonce - first;
      } catch (e) {
        book.errors.push(String(e));
        if (book.errors.length > 10) return;
      }
      book.elapsed = (Date.now() - start) / 1000;
    }
  })();
  book.done.catch(() => {}); // whoever waits for it hears
  return book;
}
