// Market data over REST: an empty market first, and then what the tape says.
import { BadRequestError } from '@binance/spot';
import { during, holds, refused, same } from './check.mjs';
import { decimal, per, times, units } from './decimal.mjs';
import { tape } from './resttrade.mjs';
import { alice, open } from './venue.mjs';

const symbol = 'BTCUSDT';
const minute = 60000;
const zero = '0.00000000';
const { rest } = alice;

const data = async (promise) => (await promise).data();

// general is what the exchange says of itself.
export async function general() {
  same('rest ping', await data(rest.ping()), {});
  await during('rest time', async () => (await data(rest.time())).serverTime);
  const info = await data(rest.exchangeInfo());
  same('rest exchangeInfo', Object.keys(info), ['timezone', 'serverTime', 'rateLimits', 'exchangeFilters', 'symbols']);
  same('rest exchangeInfo lists the symbols', info.symbols.map((s) => [s.symbol, s.status, s.baseAsset, s.quoteAsset, s.orderTypes]), [
    ['BTCUSDT', 'TRADING', 'BTC', 'USDT', ['LIMIT', 'LIMIT_MAKER', 'MARKET']],
    ['ETHUSDT', 'TRADING', 'ETH', 'USDT', ['LIMIT', 'LIMIT_MAKER', 'MARKET']],
    ['ETHBTC', 'TRADING', 'ETH', 'BTC', ['LIMIT', 'LIMIT_MAKER', 'MARKET']],
  ]);
  const names = async (q) => (await data(rest.exchangeInfo(q))).symbols.map((s) => s.symbol);
  same('rest exchangeInfo of a symbol', await names({ symbol: 'ETHBTC' }), ['ETHBTC']);
  same('rest exchangeInfo of some symbols', (await names({ symbols: ['ETHBTC', 'BTCUSDT'] })).sort(), ['BTCUSDT', 'ETHBTC']);
  same('rest exchangeInfo of a permission', (await names({ permissions: ['SPOT'] })).length, 3);
  same('rest exchangeInfo without permission sets', (await data(rest.exchangeInfo({ symbol, showPermissionSets: false }))).symbols[0].permissionSets, []);
  await refused('rest exchangeInfo of an unknown symbol', rest.exchangeInfo({ symbol: 'NOSUCH' }), BadRequestError, -1121, 'Invalid symbol.');
  const fine = open({ apiKey: '' }, { timeUnit: 'MICROSECOND' }).restAPI;
  await during('rest time in microseconds', async () => Math.floor((await data(fine.time())).serverTime / 1000));
}

// quiet is a market in which nothing has happened.
export async function quiet() {
  same('rest depth of an empty book', await data(rest.depth({ symbol })), { lastUpdateId: 0, bids: [], asks: [] });
  same('rest trades before the first', await data(rest.getTrades({ symbol })), []);
  same('rest klines before the first trade', await data(rest.klines({ symbol, interval: '1m' })), []);
  same('rest best prices of an empty book', await data(rest.tickerBookTicker({ symbol })), { symbol, bidPrice: zero, bidQty: zero, askPrice: zero, askQty: zero });
  const t = await data(rest.ticker24hr({ symbol }));
  same('rest day of a quiet market', [t.lastPrice, t.volume, t.firstId, t.lastId, t.count], [zero, zero, -1, -1, 0]);
}

// bar sums trades up, as a bar and as a ticker have it.
function bar(trades) {
  const prices = trades.map((t) => units(t.price));
  const buys = trades.filter((t) => t.makerSide === 'SELL');
  const sum = (list, f) => decimal(list.map(f).reduce((a, b) => a + b, 0n));
  const base = (t) => units(t.qty);
  const quote = (t) => times(units(t.price), units(t.qty));
  return {
    open: decimal(prices[0]),
    high: decimal(prices.reduce((a, b) => (a > b ? a : b))),
    low: decimal(prices.reduce((a, b) => (a < b ? a : b))),
    close: decimal(prices.at(-1)),
    base: sum(trades, base),
    quote: sum(trades, quote),
    takerBase: sum(buys, base),
    takerQuote: sum(buys, quote),
  };
}

// bars are the bars of a tape whose times are known, up to the last trade.
function bars(times_) {
  const list = [];
  const start = (ms) => ms - (ms % minute);
  for (let t = start(times_[0]); t <= times_.at(-1); t += minute) {
    const inside = tape.filter((_, i) => start(times_[i]) === t);
    const last = list.at(-1)?.[4];
    const b = inside.length > 0 ? bar(inside) : { open: last, high: last, low: last, close: last, base: zero, quote: zero, takerBase: zero, takerQuote: zero };
    list.push([t, b.open, b.high, b.low, b.close, b.base, t + minute - 1, b.quote, inside.length, b.takerBase, b.takerQuote, '0']);
  }
  return list;
}

// trades compares all lists of trades and bars with the tape.
export async function trades() {
  const list = await data(rest.getTrades({ symbol }));
  same('rest trades', list, tape.map((t, i) => ({
    id: tape[0].id + i, price: decimal(units(t.price)), qty: decimal(units(t.qty)), quoteQty: decimal(times(units(t.price), units(t.qty))),
    time: list[i].time, isBuyerMaker: t.makerSide === 'BUY', isBestMatch: true,
  })));
  same('rest the newest trades', await data(rest.getTrades({ symbol, limit: 2 })), list.slice(-2));
  same('rest historical trades', await data(rest.historicalTrades({ symbol, fromId: tape[0].id + 1, limit: 2 })), list.slice(1, 3));
  const agg = await data(rest.aggTrades({ symbol }));
  same('rest aggregated trades', agg, list.map((t, i) => ({ a: agg[0].a + i, p: t.price, q: t.qty, f: t.id, l: t.id, T: t.time, m: t.isBuyerMaker, M: true })));
  same('rest aggregated trades from an id', await data(rest.aggTrades({ symbol, fromId: agg[2].a })), agg.slice(2));
  same('rest aggregated trades of a time', await data(rest.aggTrades({ symbol, startTime: agg[0].T, endTime: agg.at(-1).T })), agg);
  const when = list.map((t) => t.time);
  const want = bars(when);
  const range = { symbol, interval: '1m', startTime: want[0][0], endTime: when.at(-1) };
  same('rest klines', await data(rest.klines(range)), want);
  same('rest uiKlines', await data(rest.uiKlines(range)), want);
  const b = bar(tape);
  const day = (await data(rest.klines({ symbol, interval: '1M' }))).at(-1);
  same('rest kline of a month', day.slice(1, 6), [b.open, b.high, b.low, b.close, b.base]);
  await refused('rest klines of an unknown interval', rest.klines({ symbol, interval: '1x' }), BadRequestError, -1120, 'Invalid interval.');
  return list;
}

// tickers compares all tickers with the tape.
export async function tickers(list) {
  const b = bar(tape);
  const weighted = decimal(per(units(b.quote), units(b.base)));
  same('rest average price', await data(rest.avgPrice({ symbol })), { mins: 5, price: weighted, closeTime: list.at(-1).time });
  const change = units(b.close) - units(b.open);
  const mini = {
    symbol, openPrice: b.open, highPrice: b.high, lowPrice: b.low, lastPrice: b.close, volume: b.base, quoteVolume: b.quote,
    firstId: list[0].id, lastId: list.at(-1).id, count: list.length,
  };
  const full = { ...mini, priceChange: decimal(change), priceChangePercent: (Number((change * 100000n * 10n) / units(b.open)) / 10000).toFixed(3), weightedAvgPrice: weighted };
  const { openTime, closeTime, ...day } = await data(rest.ticker24hr({ symbol }));
  same('rest day ticker', day, { ...full, prevClosePrice: zero, lastQty: list.at(-1).qty, bidPrice: zero, bidQty: zero, askPrice: zero, askQty: zero });
  same('rest day ticker is of a day', closeTime - openTime, 24 * 60 * minute);
  const timeless = async (promise) => [await data(promise)].flat().map(({ openTime: o, closeTime: c, ...t }) => t);
  same('rest day ticker, MINI', await timeless(rest.ticker24hr({ symbol, type: 'MINI' })), [mini]);
  same('rest day tickers of some symbols', (await timeless(rest.ticker24hr({ symbols: ['BTCUSDT', 'ETHBTC'] }))).map((t) => t.symbol), ['BTCUSDT', 'ETHBTC']);
  same('rest day tickers of all symbols', (await timeless(rest.ticker24hr())).map((t) => t.symbol).sort(), ['BTCUSDT', 'ETHBTC', 'ETHUSDT']);
  same('rest rolling ticker', await timeless(rest.ticker({ symbol, windowSize: '1h' })), [full]);
  same('rest rolling ticker, MINI', await timeless(rest.ticker({ symbol, windowSize: '2d', type: 'MINI' })), [mini]);
  same('rest ticker of the trading day', await timeless(rest.tickerTradingDay({ symbol, timeZone: '0' })), [full]);
  same('rest price', await data(rest.tickerPrice({ symbol })), { symbol, price: b.close });
  same('rest prices of all symbols', (await data(rest.tickerPrice())).map((t) => t.symbol).sort(), ['BTCUSDT', 'ETHBTC', 'ETHUSDT']);
}

// book compares the book with the orders that rest in it.
export async function book() {
  const put = (side, price, quantity) => data(rest.newOrder({ symbol, type: 'LIMIT', timeInForce: 'GTC', side, price, quantity }));
  for (const [side, price, quantity] of [['BUY', 59000, 1], ['BUY', 58999, 2], ['BUY', 59000, 0.5], ['SELL', 61000, 3], ['SELL', 61000.5, 0.25]]) await put(side, price, quantity);
  const depth = await data(rest.depth({ symbol }));
  same('rest depth', { ...depth, lastUpdateId: 0 }, {
    lastUpdateId: 0,
    bids: [['59000.00000000', '1.50000000'], ['58999.00000000', '2.00000000']],
    asks: [['61000.00000000', '3.00000000'], ['61000.50000000', '0.25000000']],
  });
  same('rest depth of one level', await data(rest.depth({ symbol, limit: 1 })), { ...depth, bids: depth.bids.slice(0, 1), asks: depth.asks.slice(0, 1) });
  const best = { symbol, bidPrice: '59000.00000000', bidQty: '1.50000000', askPrice: '61000.00000000', askQty: '3.00000000' };
  same('rest best prices', await data(rest.tickerBookTicker({ symbol })), best);
  same('rest best prices of some symbols', (await data(rest.tickerBookTicker({ symbols: ['BTCUSDT', 'ETHUSDT'] })))[0], best);
  await refused('rest depth of a symbol in another state', rest.depth({ symbol, symbolStatus: 'HALT' }), BadRequestError, -1220, "The symbol's status does not match the requested symbolStatus.");
  await data(rest.deleteOpenOrders({ symbol }));
  const after = await data(rest.depth({ symbol }));
  holds('rest depth counts its changes', after.lastUpdateId > depth.lastUpdateId && after.bids.length + after.asks.length === 0, after, `an empty book after ${depth.lastUpdateId}`);
}
