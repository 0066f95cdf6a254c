// What an account must have, worked out beside the exchange.
import { decimal, times, units } from './decimal.mjs';

const rate = units('0.001'); // of maker and taker

export class Purse {
  constructor(balances) {
    this.assets = new Map(balances.map((b) => [b.asset, { free: units(b.free), locked: units(b.locked) }]));
  }

  #of(asset) {
    if (!this.assets.has(asset)) this.assets.set(asset, { free: 0n, locked: 0n });
    return this.assets.get(asset);
  }

  // add changes what is free.
  add(asset, amount) {
    this.#of(asset).free += units(amount);
  }

  // lock takes an amount for an order that rests, or gives it back if it is negative.
  lock(asset, amount) {
    const b = this.#of(asset);
    b.free -= units(amount);
    b.locked += units(amount);
  }

  // trade pays and receives. A maker pays from what it had locked.
  trade(side, price, qty, maker) {
    const quote = times(units(price), units(qty));
    const paid = side === 'BUY' ? { asset: 'USDT', n: quote } : { asset: 'BTC', n: units(qty) };
    const got = side === 'BUY' ? { asset: 'BTC', n: units(qty) } : { asset: 'USDT', n: quote };
    if (maker) this.#of(paid.asset).locked -= paid.n;
    else this.#of(paid.asset).free -= paid.n;
    this.#of(got.asset).free += got.n - times(got.n, rate);
  }

  // list returns the balances as the wire format has them, by name.
  list() {
    return [...this.assets]
      .map(([asset, b]) => ({ asset, free: decimal(b.free), locked: decimal(b.locked) }))
      .sort((a, b) => (a.asset < b.asset ? -1 : 1));
  }
}

// byName sorts balances of an answer.
export function byName(balances) {
  return [...balances].sort((a, b) => (a.asset < b.asset ? -1 : 1));
}
