// Market streams and listen keys, over one combined connection.
import { eventually, holds, same } from './check.mjs';
import { User, story } from './user.mjs';
import { alice, bob } from './venue.mjs';

const symbol = 'BTCUSDT';
const limit = { symbol, type: 'LIMIT', timeInForce: 'GTC' };
const { rest } = alice;

const data = async (promise) => (await promise).data();

// Feed is what a stream has told.
class Feed {
  events = [];

  constructor(handler) {
    this.handler = handler;
    handler.on('message', (e) => this.events.push(e));
  }

  get last() {
    return this.events.at(-1);
  }

  // until waits for an event for which a function holds, and returns it.
  until(what, f) {
    return eventually(what, () => this.events.find(f));
  }
}

// open subscribes to all streams of a symbol, and to those of all symbols.
export function open(c) {
  const of = (name, q) => new Feed(c[name]({ symbol, ...q }));
  const any = (name) => new Feed(c.userData(name)); // the library has no name for it; this takes any
  return {
    trade: of('trade'), aggTrade: of('aggTrade'), kline: of('kline', { interval: '1m' }), klineOffset: of('klineOffset', { interval: '1d' }),
    miniTicker: of('miniTicker'), allMiniTicker: new Feed(c.allMiniTicker()), ticker: of('ticker'), allTicker: any('!ticker@arr'),
    hour: of('rollingWindowTicker', { windowSize: '1h' }), fourHours: of('rollingWindowTicker', { windowSize: '4h' }), day: of('rollingWindowTicker', { windowSize: '1d' }),
    allHour: new Feed(c.allMarketRollingWindowTicker({ windowSize: '1h' })), bookTicker: of('bookTicker'), avgPrice: of('avgPrice'),
    depth5: of('partialBookDepth', { levels: '5' }), depth10: of('partialBookDepth', { levels: '10', updateSpeed: '100ms' }), depth20: of('partialBookDepth', { levels: '20', updateSpeed: '100ms' }),
    slow: of('diffBookDepth'), fast: of('diffBookDepth', { updateSpeed: '100ms' }), blockTrade: of('blockTrade'), referencePrice: of('referencePrice'),
  };
}

// The fields of a ticker, as the streams and as REST name them.
const tickerNames = {
  p: 'priceChange', P: 'priceChangePercent', w: 'weightedAvgPrice', x: 'prevClosePrice', c: 'lastPrice', Q: 'lastQty', b: 'bidPrice', B: 'bidQty', a: 'askPrice', A: 'askQty',
  o: 'openPrice', h: 'highPrice', l: 'lowPrice', v: 'volume', q: 'quoteVolume', F: 'firstId', L: 'lastId', n: 'count',
};

// renamed is a ticker of REST with the names of the streams, without its times.
function renamed(ticker, names) {
  return Object.fromEntries(names.map((n) => [n, ticker[tickerNames[n]]]));
}

function pick(event, names) {
  return Object.fromEntries(names.map((n) => [n, event?.[n]]));
}

const miniNames = ['c', 'o', 'h', 'l', 'v', 'q'];
const windowNames = ['p', 'P', 'o', 'h', 'l', 'c', 'w', 'v', 'q', 'F', 'L', 'n'];

// first is what streams tell at once, in a market in which nothing happens.
export async function first(feeds) {
  const told = ['kline', 'klineOffset', 'miniTicker', 'allMiniTicker', 'ticker', 'allTicker', 'hour', 'fourHours', 'day', 'allHour', 'bookTicker', 'avgPrice', 'depth5', 'depth10', 'depth20'];
  for (const name of told) await eventually(`the first event of ${name}`, () => feeds[name].last, 2000);
  const ticker = await data(rest.ticker24hr({ symbol }));
  same('stream ticker at first', pick(feeds.ticker.last, Object.keys(tickerNames)), renamed(ticker, Object.keys(tickerNames)));
  same('stream miniTicker at first', pick(feeds.miniTicker.last, miniNames), renamed(ticker, miniNames));
  same('stream avgPrice at first', feeds.avgPrice.last.w, (await data(rest.avgPrice({ symbol }))).price);
  const book = { bids: [], asks: [] };
  for (const name of ['depth5', 'depth10', 'depth20']) same(`stream ${name} at first`, pick(feeds[name].last, ['bids', 'asks']), book);
  same('streams of changes tell nothing at first', ['trade', 'aggTrade', 'slow', 'fast', 'blockTrade', 'referencePrice'].map((n) => feeds[n].events.length), Array(6).fill(0));
}

// rested places orders that rest, and follows the book.
export async function rested(feeds) {
  const before = (await data(rest.depth({ symbol }))).lastUpdateId;
  const put = (side, price, quantity) => data(rest.newOrder({ ...limit, side, price, quantity }));
  await put('BUY', 59000, 1);
  await put('SELL', 61000, 2);
  const best = { u: before + 2, s: symbol, b: '59000.00000000', B: '1.00000000', a: '61000.00000000', A: '2.00000000' };
  same('stream bookTicker', await feeds.bookTicker.until('the best prices', (e) => e.u === best.u), best);
  const book = { lastUpdateId: before + 2, bids: [['59000.00000000', '1.00000000']], asks: [['61000.00000000', '2.00000000']] };
  for (const name of ['depth5', 'depth10', 'depth20']) same(`stream ${name}`, await feeds[name].until('the book', (e) => e.lastUpdateId === book.lastUpdateId), book);
  for (const name of ['slow', 'fast']) {
    await feeds[name].until('the changes of the book', (e) => e.u === before + 2);
    same(`stream of ${name} changes has no gap`, gap(feeds[name].events, before), undefined);
    const changes = { b: feeds[name].events.flatMap((e) => e.b), a: feeds[name].events.flatMap((e) => e.a) };
    same(`stream of ${name} changes`, changes, { b: book.bids, a: book.asks });
    same(`stream of ${name} changes, its fields`, Object.keys(feeds[name].last), ['e', 'E', 's', 'U', 'u', 'b', 'a']);
  }
}

// gap returns the first event that does not follow the one before it.
function gap(events, before) {
  return events.find((e, i) => e.U !== (i === 0 ? before : events[i - 1].u) + 1);
}

// traded trades, through two levels at once.
export async function traded(feeds) {
  await data(rest.newOrder({ ...limit, side: 'SELL', price: 61001, quantity: 1 }));
  const o = await data(bob.rest.newOrder({ ...limit, side: 'BUY', timeInForce: 'IOC', price: 61001, quantity: 2.5 }));
  const [a, b] = o.fills;
  await feeds.trade.until('the trades', (e) => e.t === b.tradeId);
  await feeds.aggTrade.until('the trades', (e) => e.l === b.tradeId);
  const common = (e) => ({ E: e.E, s: symbol, T: o.transactTime, m: false, M: true });
  same('stream trade', feeds.trade.events, [a, b].map((f, i) => ({ e: 'trade', ...common(feeds.trade.events[i]), t: f.tradeId, p: f.price, q: f.qty })));
  const agg = (await data(rest.aggTrades({ symbol }))).slice(-2);
  same('stream aggTrade', feeds.aggTrade.events, agg.map((t, i) => ({ e: 'aggTrade', ...common(feeds.aggTrade.events[i]), a: t.a, p: t.p, q: t.q, f: t.f, l: t.l })));
  const list = await data(rest.getTrades({ symbol, limit: 1000 }));
  await bars(feeds, b.tradeId);
  await tickers(feeds, list.length);
}

// bars compares streamed bars with those over REST.
async function bars(feeds, id) {
  for (const [name, interval, timeZone] of [['kline', '1m', '0'], ['klineOffset', '1d', '8']]) {
    const { E, k } = await feeds[name].until('a bar with the trade', (e) => e.k.L === id);
    const [bar] = await data(rest.klines({ symbol, interval, timeZone, startTime: k.t, limit: 1 }));
    same(`stream ${name}`, [k.t, k.o, k.h, k.l, k.c, k.v, k.T, k.q, k.n, k.V, k.Q, k.B], bar);
    same(`stream ${name}, what REST does not tell`, [k.s, k.i, k.x, k.L - k.f + 1], [symbol, interval, E > k.T, k.n]); // its minute may be over
  }
}

// tickers compares streamed tickers with those over REST.
async function tickers(feeds, count) {
  const ofSymbol = (e) => [e].flat().find((t) => t.s === symbol);
  const ticker = await data(rest.ticker24hr({ symbol }));
  const names = Object.keys(tickerNames);
  const full = renamed(ticker, names);
  for (const name of ['ticker', 'allTicker']) {
    const e = await feeds[name].until('a ticker with the trades', (t) => ofSymbol(t)?.n === count && ofSymbol(t).A === full.A);
    same(`stream ${name}`, { ...pick(ofSymbol(e), names), e: ofSymbol(e).e }, { ...full, e: '24hrTicker' });
  }
  for (const name of ['miniTicker', 'allMiniTicker']) {
    const e = await feeds[name].until('a ticker with the trades', (t) => ofSymbol(t)?.v === full.v);
    const t = ofSymbol(e);
    same(`stream ${name}`, t, { e: '24hrMiniTicker', E: t.E, s: symbol, ...pick(full, miniNames) });
  }
  for (const [name, window] of [['hour', '1h'], ['fourHours', '4h'], ['day', '1d'], ['allHour', '1h']]) {
    const rolling = await data(rest.ticker({ symbol, windowSize: window }));
    const t = ofSymbol(await feeds[name].until('a ticker with the trades', (e) => ofSymbol(e)?.n === count));
    same(`stream of the ticker of ${name}`, t, { e: `${window}Ticker`, E: t.E, s: symbol, ...renamed(rolling, windowNames), O: t.O, C: t.C });
  }
  const avg = await data(rest.avgPrice({ symbol }));
  const e = await feeds.avgPrice.until('the average with the trades', (a) => a.w === avg.price);
  same('stream avgPrice', e, { e: 'avgPrice', E: e.E, s: symbol, i: '5m', w: avg.price, T: avg.closeTime });
}

// followed keeps a book of its own, as the documentation of the wire format tells
// clients to, while orders come and go, and compares it with the one over REST.
export async function followed(feeds) {
  const { fast, slow } = feeds;
  const snapshot = await data(rest.depth({ symbol, limit: 5000 }));
  const from = { fast: fast.events.length, slow: slow.events.length };
  const orders = [];
  for (let i = 0; i < 60; i++) {
    const [side, price] = i % 2 === 0 ? ['BUY', 58000 + (i % 7)] : ['SELL', 62000 + (i % 5)];
    orders.push(await data(rest.newOrder({ ...limit, side, price, quantity: 0.01 * (1 + (i % 9)), newOrderRespType: 'ACK' })));
    if (i % 3 === 2) await data(rest.deleteOrder({ symbol, orderId: orders[i - 1].orderId }));
  }
  const final = await data(rest.depth({ symbol, limit: 5000 }));
  for (const [name, feed] of Object.entries({ fast, slow })) {
    await eventually('the changes of the book', () => feed.last.u >= final.lastUpdateId);
    same(`stream of ${name} changes never skips`, gap(feed.events.slice(1), feed.events[0].u), undefined);
    const book = { b: new Map(snapshot.bids), a: new Map(snapshot.asks) };
    for (const e of feed.events.slice(from[name] - 1).filter((x) => x.u > snapshot.lastUpdateId)) {
      for (const side of ['b', 'a']) {
        for (const [price, qty] of e[side]) {
          if (Number(qty) === 0) book[side].delete(price);
          else book[side].set(price, qty);
        }
      }
    }
    const sorted = (m, sign) => [...m].sort((x, y) => sign * (Number(x[0]) - Number(y[0])));
    same(`stream of ${name} changes makes the book`, { bids: sorted(book.b, -1), asks: sorted(book.a, 1) }, { bids: final.bids, asks: final.asks });
  }
  await data(rest.deleteOpenOrders({ symbol }));
}

// left unsubscribes, and hears no more.
export async function left(c, feeds) {
  const stream = 'btcusdt@trade';
  same('stream is subscribed', c.isSubscribed(stream), true);
  feeds.trade.handler.unsubscribe();
  same('stream is not subscribed any more', c.isSubscribed(stream), false);
  const heard = feeds.trade.events.length;
  const trades = feeds.aggTrade.events.length;
  await data(rest.newOrder({ ...limit, side: 'BUY', price: 60000, quantity: 0.1 }));
  await data(bob.rest.newOrder({ ...limit, side: 'SELL', price: 60000, quantity: 0.1 }));
  await eventually('the trade on the other stream', () => feeds.aggTrade.events.length > trades);
  same('stream that was left tells nothing', feeds.trade.events.length, heard);
}

// keyed listens to an account by a listen key.
export async function keyed(c) {
  const path = '/api/v3/userDataStream';
  const { listenKey } = await data(rest.sendRequest(path, 'POST'));
  holds('listen key', /^[A-Za-z0-9]{64}$/.test(listenKey), listenKey, '64 letters and digits');
  const user = new User();
  c.userData(listenKey).on('message', (e) => user.hear(e));
  await acknowledged(c);
  await story('listen key', user, alice, bob);
  same('listen key is extended', await data(rest.sendRequest(path, 'PUT', { listenKey })), {});
  same('listen key is closed', await data(rest.sendRequest(path, 'DELETE', { listenKey })), {});
}

// acknowledged waits until all that was subscribed to is in force.
async function acknowledged(c) {
  const probe = new Feed(c.userData('ethbtc@bookTicker')); // tells something at once
  await eventually('the first event of the stream subscribed to last', () => probe.last);
}
