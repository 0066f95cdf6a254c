// The exchange is killed, and served again from what it has kept. Whoever was
// connected connects again by himself.
import { eventually, holds, same } from './check.mjs';
import { alice, bob, restart, trusted } from './venue.mjs';

const limit = { symbol: 'ETHUSDT', type: 'LIMIT', timeInForce: 'GTC' };

const data = async (promise) => (await promise).data();

export async function across(ws, streams) {
  for (const c of [ws, streams]) c.on('error', () => {}); // while the exchange is away a connection is refused
  const trades = [];
  streams.trade({ symbol: 'ETHUSDT' }).on('message', (e) => trades.push(e));
  const best = [];
  streams.bookTicker({ symbol: 'ETHUSDT' }).on('message', (e) => best.push(e));
  await eventually('the first best prices', () => best.length > 0);
  const kept = (await ws.orderPlace({ ...limit, side: 'SELL', price: 2000, quantity: 2, newClientOrderId: 'kept' })).data;
  const open = await data(alice.rest.getOpenOrders());
  const balances = (await data(alice.rest.getAccount())).balances;
  await eventually('the best price', () => best.at(-1).a === '2000.00000000');
  const heard = best.length;
  await restart();
  await trusted(alice.credentials);
  same('restart keeps open orders', await data(alice.rest.getOpenOrders()), open);
  same('restart keeps balances', (await data(alice.rest.getAccount())).balances, balances);
  const again = await eventually('the best prices after the restart', () => best.length > heard && best.at(-1), 30000);
  same('restart, stream comes back', [again.s, again.a, again.A], ['ETHUSDT', '2000.00000000', '2.00000000']);
  const status = await eventually('an answer after the restart', () => ws.orderStatus({ symbol: 'ETHUSDT', origClientOrderId: 'kept' }).catch((e) => {
    if (e.code !== undefined && e.code !== -1021) throw e;
  }), 30000);
  same('restart, websocket API comes back', [status.data.orderId, status.data.status], [kept.orderId, 'NEW']);
  const taken = await data(bob.rest.newOrder({ ...limit, side: 'BUY', price: 2000, quantity: 2 }));
  await eventually('the trade after the restart', () => trades.length > 0);
  same('restart, stream goes on', trades.map((t) => [t.t, t.p, t.q]), taken.fills.map((f) => [f.tradeId, f.price, f.qty]));
  holds('restart, ids go on', taken.orderId > kept.orderId, taken.orderId, `above ${kept.orderId}`);
}
