// What the exchange must do, worked out again from the orders that are placed: a book
// of each symbol by price and time, and what each account has. It knows just what the
// suites use, and takes nothing from the exchange but the ids and times of answers.
import { fee, number, text, units, worth } from './decimals.mjs';
import { signed } from './exchange.mjs';

/** The accounts begin with these. */
const funds = { BTC: '100', ETH: '1000', USDT: '10000000' };

/** Ledger is what accounts have, free and in orders together. */
export class Ledger {
  #total = new Map();

  total(who, asset) {
    return this.#total.get(`${who.account} ${asset}`) ?? units(funds[asset]);
  }

  add(who, asset, amount) {
    this.#total.set(`${who.account} ${asset}`, this.total(who, asset) + amount);
  }
}

/** Market is the book of a symbol and its trades, oldest first. */
export class Market {
  orders = []; // that wait, oldest first
  trades = [];

  constructor(ledger, base, quote) {
    Object.assign(this, { ledger, base, quote, symbol: `${base}/${quote}`, id: base + quote });
  }

  /** side returns the orders of a side that wait, best first. */
  side(name) {
    const list = this.orders.filter((o) => o.side === name);
    const sign = name === 'buy' ? -1 : 1; // a stable sort keeps the older before
    return list.sort((a, b) => sign * Number(a.price - b.price));
  }

  /** levels returns the prices of a side with their quantities, as ccxt does. */
  levels(name) {
    const sums = new Map();
    for (const o of this.side(name)) sums.set(o.price, (sums.get(o.price) ?? 0n) + o.left);
    return [...sums].map(([price, left]) => [number(price), number(left)]);
  }

  /** best returns the best price of a side with its quantity. */
  best(name) {
    return this.levels(name)[0];
  }

  /** take matches an order of so much at a price or better, and returns its fills. */
  take(who, side, quantity, price) {
    let left = units(quantity);
    const fills = [];
    for (const maker of this.side(side === 'buy' ? 'sell' : 'buy')) {
      const far = price !== undefined && (side === 'buy' ? maker.price > units(price) : maker.price < units(price));
      if (left === 0n || far) break;
      const filled = left < maker.left ? left : maker.left;
      [left, maker.left] = [left - filled, maker.left - filled];
      fills.push(this.#trade(who, side, maker, filled));
    }
    this.orders = this.orders.filter((o) => o.left > 0n);
    return { fills, left };
  }

  #trade(taker, side, maker, quantity) {
    const cost = worth(maker.price, quantity);
    const [buyer, seller] = side === 'buy' ? [taker, maker.who] : [maker.who, taker];
    this.ledger.add(buyer, this.base, quantity - fee(quantity));
    this.ledger.add(buyer, this.quote, -cost);
    this.ledger.add(seller, this.base, -quantity);
    this.ledger.add(seller, this.quote, cost - fee(cost));
    const trade = { side, price: maker.price, quantity, cost, taker, maker: maker.who, makerOrder: maker.id };
    this.trades.push(trade);
    return trade;
  }

  /** add has an order wait. */
  add(who, side, quantity, price, id) {
    this.orders.push({ who, side, left: typeof quantity === 'bigint' ? quantity : units(quantity), price: units(price), id: String(id) });
  }

  /** remove takes an order from the book. */
  remove(id) {
    this.orders = this.orders.filter((o) => o.id !== String(id));
  }

  /** locked returns what an account has in its orders here. */
  locked(who, asset) {
    let sum = 0n;
    for (const o of this.orders.filter((o) => o.who === who)) {
      if (o.side === 'sell' && asset === this.base) sum += o.left;
      if (o.side === 'buy' && asset === this.quote) sum += worth(o.price, o.left);
    }
    return sum;
  }

  /** quoted places an order that waits, without ccxt. */
  async quoted(who, side, quantity, price) {
    const answer = await signed(who, 'POST', 'order', { symbol: this.id, side: side.toUpperCase(), type: 'LIMIT_MAKER', quantity, price });
    this.add(who, side, quantity, price, answer.orderId);
    return answer;
  }

  /** taken places a market order, without ccxt. */
  async taken(who, side, quantity) {
    const answer = await signed(who, 'POST', 'order', { symbol: this.id, side: side.toUpperCase(), type: 'MARKET', quantity });
    this.note(answer, this.take(who, side, quantity).fills);
    return answer;
  }

  /** note gives fills the ids and the time that the taker's answer tells. */
  note(answer, fills) {
    fills.forEach((fill, i) => Object.assign(fill, { id: String(answer.fills[i].tradeId), time: answer.transactTime, order: String(answer.orderId) }));
  }
}

/** balances returns what an account must have, as ccxt shows it. */
export function balances(ledger, markets, who) {
  return Object.fromEntries(Object.keys(funds).map((asset) => {
    const total = ledger.total(who, asset);
    const used = markets.reduce((sum, m) => sum + m.locked(who, asset), 0n);
    return [asset, { free: number(total - used), used: number(used), total: number(total) }];
  }));
}

/** rawBalances returns the same as the wire format does. */
export function rawBalances(ledger, markets, who) {
  return Object.keys(funds).map((asset) => {
    const total = ledger.total(who, asset);
    const locked = markets.reduce((sum, m) => sum + m.locked(who, asset), 0n);
    return { asset, free: text(total - locked), locked: text(locked) };
  });
}

/** bars returns bars of trades, as ccxt does, from a time on. */
export function bars(trades, length) {
  const list = [];
  for (const trade of trades) {
    const start = trade.time - trade.time % length;
    const [price, quantity] = [number(trade.price), trade.quantity];
    let bar = list.at(-1);
    while (bar && bar.start + length < start) { // nothing has happened
      bar = { start: bar.start + length, open: bar.close, high: bar.close, low: bar.close, close: bar.close, volume: 0n };
      list.push(bar);
    }
    if (!bar || bar.start < start) {
      bar = { start, open: price, high: price, low: price, volume: 0n };
      list.push(bar);
    }
    Object.assign(bar, { high: Math.max(bar.high, price), low: Math.min(bar.low, price), close: price, volume: bar.volume + quantity });
  }
  return list.map((b) => [b.start, b.open, b.high, b.low, b.close, number(b.volume)]);
}

/** bar returns the bar that starts at a time: that of trades, or the one after them all in which nothing has happened. */
export function bar(trades, length, start) {
  const found = bars(trades, length).find((b) => b[0] === start);
  const close = number(trades.at(-1).price);
  return found ?? [start, close, close, close, close, 0];
}

/** statistics returns the ticker of a market, as ccxt does, while all its trades are of one day. */
export function statistics(market) {
  const prices = market.trades.map((t) => t.price);
  const total = (what) => market.trades.reduce((sum, t) => sum + t[what], 0n);
  const [open, last] = [prices[0], prices.at(-1)];
  const [bid, bidVolume] = market.best('buy'), [ask, askVolume] = market.best('sell');
  return {
    symbol: market.symbol, bid, bidVolume, ask, askVolume, open: number(open), last: number(last), close: number(last),
    high: Math.max(...prices.map(number)), low: Math.min(...prices.map(number)),
    baseVolume: number(total('quantity')), quoteVolume: number(total('cost')),
    vwap: number(total('cost') * 100_000_000n / total('quantity')),
    change: number(last - open), percentage: Number((number(last - open) / number(open) * 100).toFixed(3)),
  };
}
