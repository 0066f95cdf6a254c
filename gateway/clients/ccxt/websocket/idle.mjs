// Connections over which nothing is said for long.
import { check, equal, holds, sleep, within } from '../checks.mjs';
import { alice, bob, connected } from '../exchange.mjs';

const silence = Number(process.env.CCXT_SILENCE) * 1000;
const patience = 10_000;

export class Idle {
  /** begin opens a market stream and one of user data, of which nothing will be heard. */
  static async begin({ cross }) {
    const idle = new Idle();
    idle.market = cross; // in which nobody trades
    idle.client = await connected(bob);
    await within(patience, idle.client.watchTicker(cross.symbol), 'ticker');
    idle.order = idle.client.watchOrders(cross.symbol);
    await within(patience, idle.#subscribed(), 'user data');
    idle.connections = Object.values(idle.client.clients).map((c) => watched(c.connection));
    idle.start = Date.now();
    return idle;
  }

  async #subscribed() {
    const api = () => Object.values(this.client.clients).find((c) => c.url.includes('/ws-api/'));
    while (!api()?.isOpen()) await sleep(10);
    const { length } = await within(patience, this.client.fetchOpenOrdersWs(this.market.symbol), 'an answer after that to the subscription');
    equal(length, 0);
  }

  /** checks waits for the end of the silence, and has something happen. */
  async checks() {
    await sleep(this.start + silence - Date.now());
    await check('idle connections are pinged and stay', () => {
      equal(this.connections.map((c) => c.closed), [false, false]);
      for (const { pings } of this.connections) holds(pings > 0, 'there was a ping', pings);
    });
    await check('an idle market stream is still heard', async () => {
      const next = this.client.watchTicker(this.market.symbol);
      this.placed = await this.market.quoted(bob, 'sell', '1', '0.05');
      await this.market.taken(alice, 'buy', '0.1');
      const { last, baseVolume } = await within(patience, next, 'ticker');
      equal({ last, baseVolume }, { last: 0.05, baseVolume: 0.1 });
    });
    await check('idle user data is still heard', async () => {
      const [{ id, amount }] = await within(patience, this.order, 'orders');
      equal({ id, amount }, { id: String(this.placed.orderId), amount: 1 });
    });
    await this.client.close();
  }
}

/** watched counts the pings of a connection, and notes its end. */
function watched(socket) {
  const seen = { pings: 0, closed: false };
  socket.on('ping', () => { seen.pings++; });
  socket.on('close', () => { seen.closed = true; });
  return seen;
}
