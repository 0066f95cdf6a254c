// The order book and its best prices.
import { check, equal, holds } from '../checks.mjs';
import { raw } from '../exchange.mjs';

export async function bookChecks({ visitor, btc, eth, cross }) {
  for (const limit of [undefined, 5, 20, 1000]) {
    await check(`fetchOrderBook limit ${limit ?? 'left out'}`, async () => {
      const book = await visitor.fetchOrderBook(btc.symbol, limit);
      equal([book.bids, book.asks], [btc.levels('buy').slice(0, limit), btc.levels('sell').slice(0, limit)]);
      equal([book.symbol, book.nonce], [btc.symbol, (await raw('depth', { symbol: btc.id })).lastUpdateId]);
      holds(book.bids[0][0] < book.asks[0][0], 'it is not crossed', book);
    });
  }
  await check('fetchOrderBook that is empty', async () => {
    const book = await visitor.fetchOrderBook(cross.symbol);
    equal([book.bids, book.asks], [[], []]);
  });
  await check('fetchBidsAsks', async () => {
    const all = await visitor.fetchBidsAsks();
    for (const market of [btc, eth]) {
      const { bid, bidVolume, ask, askVolume } = all[market.symbol];
      equal([[bid, bidVolume], [ask, askVolume]], [market.best('buy'), market.best('sell')], market.symbol);
    }
  });
}
