// What an account is told while it trades: execution reports, positions, transfers.
import { eventually, same } from './check.mjs';
import { Purse } from './purse.mjs';

// User is an account that listens, and what it has heard.
export class User {
  events = [];
  #seen = 0;

  // hear takes an event.
  hear(event) {
    this.events.push(event);
  }

  // next waits for the next events and returns them.
  async next(n) {
    await eventually(`${n} events of an account`, () => this.events.length >= this.#seen + n);
    const list = this.events.slice(this.#seen, this.#seen + n);
    this.#seen += n;
    return list;
  }
}

// report is an execution report of an order that rests, with what differs.
export function report(got, more) {
  return {
    e: 'executionReport', E: got.E, s: 'BTCUSDT', c: more.c, S: more.S, o: 'LIMIT', f: 'GTC', q: more.q, p: more.p, P: '0.00000000', F: '0.00000000', g: -1, C: '', x: 'NEW', X: 'NEW',
    r: 'NONE', i: more.i, l: '0.00000000', z: '0.00000000', L: '0.00000000', n: '0', N: null, T: more.T, t: -1, I: got.I, w: true, m: false, M: false, O: more.T, Z: '0.00000000',
    Y: '0.00000000', Q: '0.00000000', W: more.T, V: 'EXPIRE_MAKER', ...more,
  };
}

// position is what an account is told of the balances that may have changed.
export function position(got, balances) {
  return { e: 'outboundAccountPosition', E: got.E, u: got.u, B: balances };
}

// story has one account rest, and be filled in part, and amend, and cancel, and be
// given and lose money, and compares every event with what has happened.
export async function story(name, heard, alice, bob) {
  const order = { symbol: 'BTCUSDT', type: 'LIMIT', timeInForce: 'GTC' };
  const data = async (promise) => (await promise).data();
  const purse = new Purse((await data(alice.rest.getAccount())).balances);
  const both = () => purse.list().filter((b) => b.asset !== 'ETH').map((b) => ({ a: b.asset, f: b.free, l: b.locked }));

  const placed = await data(alice.rest.newOrder({ ...order, side: 'BUY', price: 60000, quantity: 1, newClientOrderId: 'told' }));
  const base = { c: 'told', S: 'BUY', q: '1.00000000', p: '60000.00000000', i: placed.orderId, T: placed.transactTime };
  purse.lock('USDT', '60000');
  let events = await heard.next(2);
  same(`${name} order accepted`, events, [report(events[0], base), position(events[1], both())]);

  const taken = await data(bob.rest.newOrder({ ...order, side: 'SELL', timeInForce: 'IOC', price: 60000, quantity: 0.25 }));
  purse.trade('BUY', '60000', '0.25', true);
  events = await heard.next(2);
  const filled = { ...base, T: taken.transactTime, z: '0.25000000', Z: '15000.00000000', O: placed.transactTime, W: placed.transactTime, X: 'PARTIALLY_FILLED' };
  same(`${name} order filled in part`, events, [
    report(events[0], { ...filled, x: 'TRADE', l: '0.25000000', L: '60000.00000000', Y: '15000.00000000', n: '0.00025000', N: 'BTC', t: taken.fills[0].tradeId, m: true, M: true }),
    position(events[1], both()),
  ]);

  const amended = await data(alice.rest.orderAmendKeepPriority({ symbol: order.symbol, orderId: placed.orderId, newQty: 0.5, newClientOrderId: 'told-2' }));
  purse.lock('USDT', '-30000');
  events = await heard.next(2);
  same(`${name} order amended`, events, [
    report(events[0], { ...filled, T: amended.transactTime, c: 'told-2', C: 'told', x: 'REPLACED', q: '0.50000000' }), position(events[1], both()),
  ]);

  const gone = await data(alice.rest.deleteOrder({ symbol: order.symbol, orderId: placed.orderId, newClientOrderId: 'told-3' }));
  purse.lock('USDT', '-15000');
  events = await heard.next(2);
  same(`${name} order canceled`, events, [
    report(events[0], { ...filled, T: gone.transactTime, c: 'told-3', C: 'told-2', x: 'CANCELED', X: 'CANCELED', q: '0.50000000', w: false }), position(events[1], both()),
  ]);

  await alice.credit('ETH', '2.5');
  await alice.debit('ETH', '2.5');
  events = await heard.next(4);
  const moved = (got, d) => ({ e: 'balanceUpdate', E: got.E, a: 'ETH', d, T: got.T });
  same(`${name} transfers`, events, [
    moved(events[0], '2.50000000'), position(events[1], [{ a: 'ETH', f: '1002.50000000', l: '0.00000000' }]),
    moved(events[2], '-2.50000000'), position(events[3], [{ a: 'ETH', f: '1000.00000000', l: '0.00000000' }]),
  ]);
}
