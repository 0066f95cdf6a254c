// What ccxt makes of refusals.
import { check, equal, refused } from '../checks.mjs';
import { alice, ccxt, open } from '../exchange.mjs';

export async function errorChecks({ alice: client, visitor, btc, cross }) {
  const [bid, ask] = [btc.best('buy')[0], btc.best('sell')[0]];
  const before = (await client.fetchOrders(btc.symbol)).length;
  const refuses = (name, kind, text, call) => check(`${name} is ${kind.name}`, () => refused(call, kind, text));
  const place = (side, amount, price, params, from = client) => () => from.createOrder(btc.symbol, 'limit', side, amount, price, params);
  const fine = open(alice); // does not round to ticks and lots
  fine.setMarkets(structuredClone(visitor.markets));
  fine.markets[btc.symbol].precision = { amount: 1e-8, price: 1e-8 };

  await refuses('a sale without funds', ccxt.InsufficientFunds, 'Account has insufficient balance', place('sell', 5000, ask + 50));
  await refuses('a purchase without funds', ccxt.InsufficientFunds, 'Account has insufficient balance', () => client.createOrder(cross.symbol, 'limit', 'buy', 5000, 0.05));
  await refuses('less than a lot', ccxt.InvalidOrder, 'Filter failure: LOT_SIZE', place('buy', 0.100001, bid, {}, fine));
  await refuses('less than a tick', ccxt.InvalidOrder, 'Filter failure: PRICE_FILTER', place('buy', 0.1, bid + 0.001, {}, fine));
  await refuses('an order worth too little', ccxt.BadRequest, 'Filter failure: NOTIONAL', place('buy', 0.001, bid - 1));
  await refuses('a quantity that ccxt finds too small', ccxt.InvalidOrder, 'must be greater than minimum amount precision', place('buy', 0.000001, bid));
  await refuses('postOnly that would take', ccxt.OrderImmediatelyFillable, 'Order would immediately match and take.', place('buy', 0.1, ask, { postOnly: true }));
  await refuses('a stop order', ccxt.InvalidOrder, '', place('sell', 0.1, bid - 10, { stopLossPrice: bid - 5 }));
  await refuses('a symbol that ccxt does not know', ccxt.BadSymbol, 'does not have market symbol', () => visitor.fetchTicker('NO/PE'));
  await refuses('a symbol that the exchange does not know', ccxt.BadSymbol, 'Invalid symbol.', () => visitor.publicGetTickerPrice({ symbol: 'NOPE' }));
  await refuses('a wrong secret', ccxt.AuthenticationError, 'Signature for this request is not valid.', asks(visitor, { ...alice, secret: 'wrong' }));
  await refuses('an unknown key', ccxt.AuthenticationError, 'Invalid API-key, IP, or permissions for action.', asks(visitor, { ...alice, apiKey: 'unknown' }));
  await refuses('a clock that is late', ccxt.InvalidNonce, 'outside of the recvWindow', asks(visitor, alice, -60_000));
  await refuses('a clock that is ahead', ccxt.InvalidNonce, "1000ms ahead of the server's time", asks(visitor, alice, 60_000));
  await check('nothing of it leaves a trace', async () => equal((await client.fetchOrders(btc.symbol)).length, before));
}

/** asks returns a call that needs a good key and a good clock. */
function asks({ markets }, who, offset = 0) {
  const client = open(who);
  client.setMarkets(markets);
  client.nonce = () => Date.now() + offset;
  return () => client.fetchBalance();
}
