// An exchange that is killed, or stops, and comes back.
import { ask, check, equal, eventually, holds } from '../checks.mjs';
import { alice, bob, ccxt, connected, raw } from '../exchange.mjs';
import { copy } from './quiet.mjs';
import { credited, follow } from './user.mjs';

const patience = 20_000;

export async function restartChecks(world) {
  const { eth } = world;
  // When a connection for user data cannot be made, ccxt also rejects a promise of its
  // own for which nobody waits, and Node would end the process.
  process.on('unhandledRejection', (e) => {
    if (!(e instanceof ccxt.NetworkError)) throw e;
  });
  const client = await connected(alice);
  const book = follow(async () => snapshot(await client.watchOrderBook(eth.symbol)));
  const orders = follow(() => client.watchOrders());
  const balance = follow(() => client.watchBalance());
  await credited(world, balance);
  for (const [how, gracefully] of [['was killed', false], ['has stopped', true]]) {
    const waiting = await client.createOrder(eth.symbol, 'limit', 'buy', 0.5, 90);
    await heard(orders, waiting.id);
    for (const followed of [book, orders, balance]) followed.errors.length = 0;
    await ask({ do: 'restart', gracefully });
    await check(`ccxt is told that the exchange ${how}`, () => eventually(patience, () => {
      for (const followed of [book, orders, balance]) holds(followed.errors.length > 0, 'what was awaited has failed', followed.errors.length);
    }));
    await check(`an order is still there after the exchange ${how}`, async () => {
      const { id, status, price, amount } = await client.fetchOrder(waiting.id, eth.symbol);
      equal({ id, status, price, amount }, { id: waiting.id, status: 'open', price: 90, amount: 0.5 });
    });
    await check(`watchOrderBook resumes after the exchange ${how}`, async () => {
      await eventually(patience, async () => {
        await eth.quoted(bob, 'sell', '0.5', '110');
        await agreed(book, eth);
      });
    });
    await check(`watchOrders and watchBalance resume after the exchange ${how}`, async () => {
      await eventually(patience, async () => {
        const { id } = await client.createOrder(eth.symbol, 'limit', 'buy', 0.25, 91);
        await heard(orders, id);
      });
      const before = balance.seen.length;
      await client.createOrder(eth.symbol, 'limit', 'buy', 0.25, 92);
      const { free, used } = (await client.fetchBalance()).USDT;
      await eventually(patience, () => {
        holds(balance.seen.length > before, 'it was told', balance.seen.length);
        const last = balance.seen.at(-1).USDT;
        equal([last.free, last.used], [free, used]);
      });
    });
  }
  for (const followed of [book, orders, balance]) followed.stop();
  await client.close();
}

/** snapshot copies a book, which goes on changing. */
const snapshot = ({ nonce, bids, asks }) => ({ nonce, bids: copy(bids), asks: copy(asks) });

/** heard waits until the account was told of an order. */
async function heard(orders, id) {
  await eventually(1000, () => holds(orders.seen.some((o) => o.id === id), 'it was told of the order', orders.errors.map(String)));
}

/** agreed waits until the book that was watched last is that of REST. */
async function agreed(book, { id }) {
  await eventually(1000, async () => {
    const { lastUpdateId, bids, asks } = await raw('depth', { symbol: id, limit: 1000 });
    const numbers = (side) => side.map((level) => level.map(Number));
    equal(book.seen.at(-1), { nonce: lastUpdateId, bids: numbers(bids), asks: numbers(asks) });
  });
}
