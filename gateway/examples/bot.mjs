// A market maker: it offers to buy a tick above the best bid and to sell a tick below
// the best ask, again and again, until it has traded five times or for half a minute.
// Without `urls` and with other keys it would do the same on the exchange that ccxt
// knows by this name.
import ccxt from 'ccxt';

const { EXCHANGE_URL: url = 'http://127.0.0.1:8080', API_KEY: apiKey, API_SECRET: secret } = process.env;
const api = { public: '/api/v3', private: '/api/v3', v1: '/api/v1', sapi: '/sapi/v1', fapiPublic: '/fapi/v1', dapiPublic: '/dapi/v1' };
for (const name in api) api[name] = url + api[name];
const exchange = new ccxt.binance({ apiKey, secret, urls: { api } });

const symbol = 'BTC/USDT', amount = 0.01, most = 5, seconds = 30;
const start = await exchange.fetchTime();
await exchange.loadMarkets();
const tick = exchange.market(symbol).precision.price;

async function quote() {
  const { bids: [[bid]], asks: [[ask]] } = await exchange.fetchOrderBook(symbol, 5);
  const better = ask - bid > 3 * tick ? tick : 0;
  for (const [side, price] of [['buy', bid + better], ['sell', ask - better]]) {
    try {
      await exchange.createOrder(symbol, 'limit', side, amount, exchange.priceToPrecision(symbol, price), { postOnly: true });
    } catch (e) {
      if (!(e instanceof ccxt.OrderImmediatelyFillable)) throw e; // the market has moved meanwhile
    }
  }
}

async function withdraw() {
  try {
    await exchange.cancelAllOrders(symbol);
  } catch (e) {
    if (!(e instanceof ccxt.OrderNotFound)) throw e; // all of them were filled
  }
}

let trades = [];
while (trades.length < most && Date.now() < start + seconds * 1000) {
  await quote();
  await exchange.sleep(500);
  await withdraw();
  const seen = trades.length;
  trades = await exchange.fetchMyTrades(symbol, start);
  for (const { id, side, amount, price, fee } of trades.slice(seen)) {
    console.log(`trade ${id}: ${side} ${amount} at ${price}, fee ${fee.cost} ${fee.currency}`);
  }
}
const { last } = await exchange.fetchTicker(symbol);
const worth = (t) => (t.side === 'buy' ? 1 : -1) * (t.amount * last - t.cost) - (t.fee.currency === 'USDT' ? t.fee.cost : t.fee.cost * last);
console.log(`${trades.length} trades, worth ${trades.reduce((sum, t) => sum + worth(t), 0).toFixed(2)} USDT at a price of ${last}`);
