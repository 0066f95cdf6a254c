// A market that has been traded in, and who looks at it.
import { sleep } from './checks.mjs';
import { alice, bob, connected, operate } from './exchange.mjs';
import { Ledger, Market } from './model.mjs';

/** build has bob quote and alice take, past ccxt, for some time. */
export async function build() {
  const ledger = new Ledger();
  const btc = new Market(ledger, 'BTC', 'USDT'), eth = new Market(ledger, 'ETH', 'USDT'), cross = new Market(ledger, 'ETH', 'BTC');
  for (let i = 0; i < 8; i++) {
    await btc.quoted(bob, 'sell', '1.5', String(1001 + i));
    await btc.quoted(bob, 'buy', '1.25', String(999 - i));
  }
  await eth.quoted(bob, 'sell', '30', '100.07');
  await eth.quoted(bob, 'buy', '30', '99.93');
  for (const [side, quantity] of [
    ['buy', '0.1'], ['sell', '0.21337'], ['buy', '0.5'], ['buy', '1.20001'], ['buy', '0.3'], ['sell', '2.4'], ['buy', '0.25'], ['sell', '0.35'], ['buy', '0.5'],
  ]) {
    await btc.taken(alice, side, quantity);
    await pause(47);
  }
  await eth.taken(alice, 'buy', '1.2345');
  return {
    ledger, btc, eth, cross, markets: [btc, eth, cross],
    visitor: await connected(), alice: await connected(alice), bob: await connected(bob),
  };
}

/** pause lets a time pass on the exchange's clock: much if the clock is ours to move. */
async function pause(seconds) {
  if (process.env.CCXT_CLOCK === 'sim') await operate('clock', { advance_ns: seconds * 1e9 });
  else await sleep(5);
}
