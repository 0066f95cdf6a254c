// What an account is told of its orders, trades and balances.
import { check, equal, eventually, holds, pick } from '../checks.mjs';
import { fee, number, text, units } from '../decimals.mjs';
import { alice, bob, connected, operate } from '../exchange.mjs';
import { balances } from '../model.mjs';

const patience = 10_000;
let transfer = 1000;

export async function userChecks(world) {
  const client = await connected(alice);
  const orders = follow(() => client.watchOrders(world.btc.symbol));
  const trades = follow(() => client.watchMyTrades(world.btc.symbol));
  const balance = follow(() => client.watchBalance());
  await check('watchBalance tells of a credit', () => credited(world, balance));
  await life(world, client, { orders, trades, balance });
  for (const followed of [orders, trades, balance]) followed.stop();
  await client.close();
}

/** follow calls a watch method again and again, and keeps what it has returned. */
export function follow(watch) {
  const followed = { seen: [], errors: [], over: false, stop: () => { followed.over = true; } };
  (async () => {
    while (!followed.over) {
      try {
        const update = await watch();
        followed.seen.push(...structuredClone(Array.isArray(update) ? [...update] : [update]));
      } catch (e) {
        followed.errors.push(e);
        if (!followed.over) await new Promise((again) => setTimeout(again, 50));
      }
    }
  })();
  return followed;
}

/** credited gives money until the account is told of it. */
export async function credited({ ledger, markets }, balance) {
  const before = balance.seen.length;
  await eventually(patience, async () => {
    await operate(`accounts/${alice.account}/credit`, { asset: 'ETH', amount: '1', transfer: ++transfer });
    ledger.add(alice, 'ETH', units('1'));
    holds(balance.seen.length > before, 'it was told', balance.errors.map(String));
  });
  await told(balance, ledger, markets, 'ETH');
}

/** told waits until the balances that the account was told of are those of the ledger. */
async function told(balance, ledger, markets, asset) {
  const all = balances(ledger, markets, alice);
  const want = asset ? pick(all, asset) : all; // ccxt keeps what it was told of
  await eventually(patience, () => equal(pick(balance.seen.at(-1), Object.keys(want).join(' ')), want));
}

/** life follows an order from its place in the book to its end, a fill on the way. */
async function life({ btc, ledger, markets }, client, { orders, trades, balance }) {
  const price = btc.best('sell')[0] - 1, want = [];
  const state = (o) => pick(o, 'id status side price amount filled remaining cost');
  const next = async (order) => {
    want.push(order);
    await eventually(patience, () => equal(orders.seen.map(state), want));
  };
  const order = await client.createOrder(btc.symbol, 'limit', 'sell', 0.5, price);
  const first = { id: order.id, status: 'open', side: 'sell', price, amount: 0.5, filled: 0, remaining: 0.5, cost: 0 };
  btc.add(alice, 'sell', '0.5', String(price), order.id);
  await check('watchOrders tells that it waits', () => next(first));
  await check('watchBalance tells what it holds', () => told(balance, ledger, markets));

  const taken = await btc.taken(bob, 'buy', '0.2');
  const cost = number(btc.trades.at(-1).cost);
  await check('watchOrders tells of a fill', () => next({ ...first, filled: 0.2, remaining: 0.3, cost }));
  await check('watchMyTrades tells of a fill', async () => {
    await eventually(patience, () => equal(trades.seen.length, 1));
    const { quantity, cost: quote, time, id } = btc.trades.at(-1);
    const fill = {
      id, order: order.id, symbol: btc.symbol, side: 'sell', takerOrMaker: 'maker', price, amount: number(quantity), cost: number(quote), timestamp: time,
      fee: { cost: number(fee(quote)), currency: 'USDT' },
    };
    equal(pick(trades.seen[0], Object.keys(fill).join(' ')), fill);
    equal(pick((await client.fetchMyTrades(btc.symbol)).at(-1), Object.keys(fill).join(' ')), fill, 'fetchMyTrades');
    equal(taken.executedQty, text(quantity), 'what bob was told');
  });
  await check('watchBalance tells of a fill', () => told(balance, ledger, markets));

  await client.cancelOrder(order.id, btc.symbol);
  btc.remove(order.id);
  await check('watchOrders tells that it was canceled', () => next({ ...first, status: 'canceled', filled: 0.2, remaining: 0.3, cost }));
  await check('watchBalance tells what it no longer holds', () => told(balance, ledger, markets));
  await check('watching an account meets no error', () => equal([orders, trades, balance].flatMap((f) => f.errors.map(String)), []));
}
