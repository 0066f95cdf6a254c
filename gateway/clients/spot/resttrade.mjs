// Trading over REST: Alice rests, Bob takes. Both accounts are followed to the last
// unit. Whatever trades is kept in a tape, for the checks of market data.
import { BadRequestError, ConnectorClientError, UnauthorizedError } from '@binance/spot';
import { during, holds, refused, same } from './check.mjs';
import { canceled, fill, queried, result } from './orders.mjs';
import { Purse, byName } from './purse.mjs';
import { alice, bob, later, open, phase } from './venue.mjs';

const symbol = 'BTCUSDT';
const limit = { symbol, type: 'LIMIT', timeInForce: 'GTC' };

const data = async (promise) => (await promise).data();
const place = (who, order) => data(who.rest.newOrder(order));
const account = async (who) => (await data(who.rest.getAccount())).balances;

// tape is what has traded in BTCUSDT: price, qty, whether the buyer was the maker.
export const tape = [];

// Both accounts as they must be.
export const purses = {};

function traded(price, qty, makerSide) {
  tape.push({ price, qty, makerSide });
  purses.alice.trade(makerSide, price, qty, true);
  purses.bob.trade(makerSide === 'BUY' ? 'SELL' : 'BUY', price, qty, false);
}

export async function followed(when) {
  same(`rest balances of the maker ${when}`, byName(await account(alice)), purses.alice.list());
  same(`rest balances of the taker ${when}`, byName(await account(bob)), purses.bob.list());
}

// funding is what both begin with.
export async function funding() {
  for (const [name, who] of Object.entries({ alice, bob })) {
    const a = await data(who.rest.getAccount());
    purses[name] = new Purse(a.balances);
    const funds = a.balances.filter((b) => Number(b.free) + Number(b.locked) > 0);
    same(`rest account of ${name}`, { ...a, updateTime: 0, balances: byName(funds) }, {
      makerCommission: 10,
      takerCommission: 10,
      buyerCommission: 0,
      sellerCommission: 0,
      commissionRates: { maker: '0.00100000', taker: '0.00100000', buyer: '0.00000000', seller: '0.00000000' },
      canTrade: true,
      canWithdraw: true,
      canDeposit: true,
      brokered: false,
      requireSelfTradePrevention: false,
      preventSor: false,
      updateTime: 0,
      accountType: 'SPOT',
      balances: [
        { asset: 'BTC', free: '100.00000000', locked: '0.00000000' },
        { asset: 'ETH', free: '1000.00000000', locked: '0.00000000' },
        { asset: 'USDT', free: '10000000.00000000', locked: '0.00000000' },
      ],
      permissions: ['SPOT'],
      uid: who.uid,
    });
  }
}

// answers places orders that rest and that trade, with each kind of answer.
export async function answers() {
  let response;
  let bid;
  await during('rest order time', async () => {
    response = await alice.rest.newOrder({ ...limit, side: 'BUY', price: 60000, quantity: 0.5, newClientOrderId: 'bid-1', newOrderRespType: 'ACK' });
    bid = await response.data();
    return bid.transactTime;
  });
  purses.alice.lock('USDT', '30000');
  same('rest order, ACK', bid, { symbol, orderId: bid.orderId, orderListId: -1, clientOrderId: 'bid-1', transactTime: bid.transactTime });
  holds('rest order id is a number', Number.isSafeInteger(bid.orderId), bid.orderId, 'below 2^53');
  same('rest order limits are counted', response.rateLimits.map((l) => `${l.rateLimitType} ${l.intervalNum} ${l.interval}`).sort(),
    ['ORDERS 1 DAY', 'ORDERS 10 SECOND', 'REQUEST_WEIGHT 1 MINUTE']);

  const ask = await place(alice, { ...limit, side: 'SELL', price: 60010, quantity: 0.4, newOrderRespType: 'RESULT' });
  purses.alice.lock('BTC', '0.4');
  same('rest order, RESULT', ask, result({ ...ask, price: '60010.00000000', origQty: '0.40000000', side: 'SELL', executedQty: undefined, status: 'NEW' }));
  holds('rest order gets a client order id', /^[A-Za-z0-9]{22}$/.test(ask.clientOrderId), ask.clientOrderId, '22 letters and digits');

  const ioc = await place(bob, { ...limit, side: 'BUY', timeInForce: 'IOC', price: 60010, quantity: 0.1 });
  traded('60010', '0.1', 'SELL');
  same('rest order, FULL of a fill', ioc, {
    ...result({ ...ioc, price: '60010.00000000', origQty: '0.10000000', executedQty: '0.10000000', cummulativeQuoteQty: '6001.00000000', status: 'FILLED', timeInForce: 'IOC', side: 'BUY' }),
    fills: [fill('60010.00000000', '0.10000000', '0.00010000', 'BTC', ioc.fills[0].tradeId)],
  });
  tape[0].id = ioc.fills[0].tradeId;
  await followed('after a fill');
  return { bid, ask, ioc };
}

// kinds places each kind of order that takes, and those that are turned away.
export async function kinds() {
  const fok = await place(bob, { ...limit, side: 'BUY', timeInForce: 'FOK', price: 60010, quantity: 10 });
  same('rest order, FOK that finds too little', fok, {
    ...result({ ...fok, price: '60010.00000000', origQty: '10.00000000', executedQty: '0.00000000', cummulativeQuoteQty: undefined, status: 'EXPIRED', timeInForce: 'FOK', side: 'BUY',
      more: { expiryReason: 'UNFILLED_FOK_ORDER_EXPIRED' } }),
    fills: [],
  });
  const part = await place(bob, { ...limit, side: 'SELL', timeInForce: 'IOC', price: 60000, quantity: 0.7 });
  traded('60000', '0.5', 'BUY');
  same('rest order, IOC that finds a part', part, {
    ...result({ ...part, price: '60000.00000000', origQty: '0.70000000', executedQty: '0.50000000', cummulativeQuoteQty: '30000.00000000', status: 'EXPIRED', timeInForce: 'IOC', side: 'SELL',
      more: { expiryReason: 'UNFILLED_IOC_QUANTITY_EXPIRED' } }),
    fills: [fill('60000.00000000', '0.50000000', '30.00000000', 'USDT', tape[0].id + 1)],
  });
  const market = await place(bob, { symbol, side: 'BUY', type: 'MARKET', quantity: 0.1 });
  traded('60010', '0.1', 'SELL');
  same('rest order, MARKET with a quantity', market, {
    ...result({ ...market, price: undefined, origQty: '0.10000000', type: 'MARKET', side: 'BUY' }),
    fills: [fill('60010.00000000', '0.10000000', '0.00010000', 'BTC', tape[0].id + 2)],
  });
  const cost = await place(bob, { symbol, side: 'BUY', type: 'MARKET', quoteOrderQty: 6001.5 });
  traded('60010', '0.1', 'SELL');
  same('rest order, MARKET with a cost', cost, {
    ...result({ ...cost, price: undefined, origQty: '0.10000000', origQuoteOrderQty: '6001.50000000', type: 'MARKET', side: 'BUY' }),
    fills: [fill('60010.00000000', '0.10000000', '0.00010000', 'BTC', tape[0].id + 3)],
  });
  same('rest order, MARKET orders are filled', [market, cost].map((o) => [o.status, o.executedQty, o.cummulativeQuoteQty]),
    Array(2).fill(['FILLED', '0.10000000', '6001.00000000']));
  const maker = await place(alice, { symbol, side: 'BUY', type: 'LIMIT_MAKER', price: 59990, quantity: 0.1 });
  purses.alice.lock('USDT', '5999');
  same('rest order, LIMIT_MAKER answers ACK', Object.keys(maker), ['symbol', 'orderId', 'orderListId', 'clientOrderId', 'transactTime']);
  await followed('after all kinds of orders');
  return { fok, part, market, cost, maker };
}

// refusals are orders that are turned away, each with its code and its text.
export async function refusals() {
  const no = (name, who, order, code, text) => refused(`rest refuses ${name}`, who.rest.newOrder(order), BadRequestError, code, text);
  const bid = { ...limit, side: 'BUY', price: 50000, quantity: 0.1 };
  await no('a maker that would take', bob, { symbol, side: 'BUY', type: 'LIMIT_MAKER', price: 60010, quantity: 0.1 }, -2010, 'Order would immediately match and take.');
  await no('more than there is', bob, { ...bid, quantity: 2000 }, -1013, 'Filter failure: NOTIONAL');
  await no('what the account cannot pay', alice, { ...limit, side: 'SELL', price: 70000, quantity: 120 }, -2010, 'Account has insufficient balance for requested action.');
  await no('a price off the tick', bob, { ...bid, price: 50000.005 }, -1013, 'Filter failure: PRICE_FILTER');
  await no('a quantity off the lot', bob, { ...bid, quantity: 0.100001 }, -1013, 'Filter failure: LOT_SIZE');
  await no('a cost too small', bob, { ...bid, quantity: 0.00005 }, -1013, 'Filter failure: NOTIONAL');
  await no('too many decimals', bob, { ...bid, quantity: '0.123456789' }, -1111, "Parameter 'quantity' has too much precision.");
  await no('an unknown symbol', bob, { ...bid, symbol: 'NOSUCH' }, -1121, 'Invalid symbol.');
  await no('an unknown side', bob, { ...bid, side: 'HOLD' }, -1117, 'Invalid side.');
  await no('an unknown type', bob, { ...bid, type: 'PEGGED' }, -1116, 'Invalid orderType.');
  await no('an unknown time in force', bob, { ...bid, timeInForce: 'GTD' }, -1115, 'Invalid timeInForce.');
  await no('a limit order without a price', bob, { ...bid, price: undefined }, -1102, "Mandatory parameter 'price' was not sent, was empty/null, or malformed.");
  await no('a market order with a price', bob, { symbol, side: 'BUY', type: 'MARKET', price: 1, quantity: 1 }, -1106, "Parameter 'price' sent when not required.");
  await no('a price that is no decimal', bob, { ...bid, price: '5e4' }, -1100, "Illegal characters found in parameter 'price'; legal range is '^([0-9]{1,20})(\\.[0-9]{1,20})?$'.");
  await no('a window that is too long', bob, { ...bid, recvWindow: 60001 }, -1131, 'recvWindow must be less than 60000');
  await place(bob, { ...bid, newClientOrderId: 'twice' });
  await no('a client order id that is open', bob, { ...bid, newClientOrderId: 'twice' }, -2010, 'Duplicate order sent.');
  await data(bob.rest.deleteOrder({ symbol, origClientOrderId: 'twice' }));
  await phase('ETHUSDT', 'halt');
  await no('an order while the symbol halts', bob, { ...limit, symbol: 'ETHUSDT', side: 'BUY', price: 1000, quantity: 1 }, -2010, 'Market is closed.');
  await phase('ETHUSDT', 'trading');
}

// keys are requests whose credentials do not do.
export async function keys() {
  const { apiKey, apiSecret } = alice.credentials;
  const order = { ...limit, side: 'BUY', price: 50000, quantity: 0.1 };
  const as = (credentials) => open(credentials).restAPI;
  await refused('rest refuses a signature with another secret', as({ apiKey, apiSecret: `${apiSecret}x` }).getAccount(), BadRequestError, -1022, 'Signature for this request is not valid.');
  await refused('rest refuses a key that nobody has', as({ apiKey: 'x'.repeat(64), apiSecret }).getAccount(), UnauthorizedError, -2015, 'Invalid API-key, IP, or permissions for action.');
  await refused('rest refuses a request without a key', as({ apiKey: '', apiSecret }).getAccount(), UnauthorizedError, -2014, 'API-key format invalid.');
  const reader = as(await alice.reader());
  same('rest lets a reading key read', byName((await data(reader.getAccount())).balances), purses.alice.list());
  await refused('rest refuses an order of a reading key', reader.newOrder(order), UnauthorizedError, -2015, 'Invalid API-key, IP, or permissions for action.');
  const signer = as(await alice.ed25519());
  const placed = await data(signer.newOrder({ ...order, newClientOrderId: 'ed25519' }));
  same('rest takes an order signed with Ed25519', [placed.clientOrderId, placed.status], ['ed25519', 'NEW']);
  const gone = await data(signer.deleteOrder({ symbol, orderId: placed.orderId }));
  same('rest takes a cancel signed with Ed25519', [gone.origClientOrderId, gone.status], ['ed25519', 'CANCELED']);
}

// tests are orders that leave no trace.
export async function tests() {
  const order = { ...limit, side: 'BUY', price: 60000, quantity: 0.1, newClientOrderId: 'test' };
  const before = await data(bob.rest.allOrders({ symbol }));
  same('rest order test', await data(bob.rest.orderTest(order)), {});
  const rates = { maker: '0.00000000', taker: '0.00000000' };
  same('rest order test with commission rates', await data(bob.rest.orderTest({ ...order, computeCommissionRates: true })), {
    standardCommissionForOrder: { maker: '0.00100000', taker: '0.00100000' },
    specialCommissionForOrder: rates,
    taxCommissionForOrder: rates,
    discount: { enabledForAccount: false, enabledForSymbol: false, discountAsset: 'BNB', discount: '0.00000000' },
  });
  await refused('rest order test refuses what an order would be refused for', bob.rest.orderTest({ ...order, price: 0.001 }), BadRequestError, -1013, 'Filter failure: PRICE_FILTER');
  same('rest order test leaves no order', await data(bob.rest.allOrders({ symbol })), before);
  await followed('after tests');
}

// changes replaces, amends and cancels.
export async function changes() {
  const first = await place(alice, { ...limit, side: 'BUY', price: 55000, quantity: 1, newClientOrderId: 'first' });
  const again = await data(alice.rest.orderCancelReplace({
    ...limit, side: 'BUY', price: 55001, quantity: 2, cancelReplaceMode: 'STOP_ON_FAILURE', cancelOrderId: first.orderId, newClientOrderId: 'second', cancelNewClientOrderId: 'cancel',
  }));
  const second = again.newOrderResponse;
  same('rest cancel and replace', again, {
    cancelResult: 'SUCCESS',
    newOrderResult: 'SUCCESS',
    cancelResponse: canceled(first, 'cancel', second.transactTime),
    newOrderResponse: { ...result({ orderId: second.orderId, transactTime: second.transactTime, clientOrderId: 'second', price: '55001.00000000', origQty: '2.00000000', side: 'BUY' }), fills: [] },
  });
  const stop = { ...limit, side: 'BUY', price: 55002, quantity: 1, cancelOrderId: first.orderId };
  await refused('rest replaces nothing if it cannot cancel', alice.rest.orderCancelReplace({ ...stop, cancelReplaceMode: 'STOP_ON_FAILURE' }), BadRequestError, -2022, 'Order cancel-replace failed.');
  await refused('rest replaces if it may, although it cannot cancel', alice.rest.orderCancelReplace({ ...stop, cancelReplaceMode: 'ALLOW_FAILURE', newClientOrderId: 'third' }), ConnectorClientError, -2021, 'Order cancel-replace partially failed.');
  const amended = await data(alice.rest.orderAmendKeepPriority({ symbol, orderId: second.orderId, newQty: 1.5, newClientOrderId: 'amended' }));
  same('rest amend', amended, {
    transactTime: amended.transactTime,
    executionId: amended.executionId,
    amendedOrder: {
      symbol, orderId: second.orderId, orderListId: -1, origClientOrderId: 'second', clientOrderId: 'amended', price: '55001.00000000', qty: '1.50000000', executedQty: '0.00000000',
      preventedQty: '0.00000000', quoteOrderQty: '0.00000000', cumulativeQuoteQty: '0.00000000', status: 'NEW', timeInForce: 'GTC', type: 'LIMIT', side: 'BUY',
      workingTime: second.workingTime, selfTradePreventionMode: 'EXPIRE_MAKER',
    },
  });
  same('rest amendments of an order', await data(alice.rest.orderAmendments({ symbol, orderId: second.orderId })), [{
    symbol, orderId: second.orderId, executionId: amended.executionId, origClientOrderId: 'second', newClientOrderId: 'amended', origQty: '2.00000000', newQty: '1.50000000', time: amended.transactTime,
  }]);
  const amend = (newQty) => alice.rest.orderAmendKeepPriority({ symbol, orderId: second.orderId, newQty });
  await refused('rest refuses to amend upwards', amend(3), BadRequestError, -2038, 'Order amend (quantity increase) is not supported.');
  await refused('rest refuses an amend to the same', amend(1.5), BadRequestError, -2038, 'The requested action would change no state; rejecting');
  same('rest order after an amend', await data(alice.rest.getOrder({ symbol, orderId: second.orderId })),
    queried(result({ ...second, clientOrderId: 'amended', origQty: '1.50000000' }), { updateTime: amended.transactTime }));
  purses.alice.lock('USDT', '82501.5'); // 1.5 at 55,001
  purses.alice.lock('USDT', '55002');
  await followed('after changes');
  return { first, second, amended };
}

// cancels ends orders, by each of their names.
export async function cancels({ second }) {
  const named = await data(alice.rest.deleteOrder({ symbol, origClientOrderId: 'amended', newClientOrderId: 'mine' }));
  same('rest cancel by client order id', named, canceled(result({ ...second, clientOrderId: 'amended', origQty: '1.50000000' }), 'mine', named.transactTime));
  const unknown = [BadRequestError, -2011, 'Unknown order sent.'];
  await refused('rest cancels an order once', alice.rest.deleteOrder({ symbol, orderId: second.orderId }), ...unknown);
  const open1 = await data(alice.rest.getOpenOrders({ symbol }));
  same('rest open orders of a symbol', open1.map((o) => [o.price, o.status, o.origQty, o.executedQty]), [
    ['60010.00000000', 'PARTIALLY_FILLED', '0.40000000', '0.30000000'],
    ['59990.00000000', 'NEW', '0.10000000', '0.00000000'],
    ['55002.00000000', 'NEW', '1.00000000', '0.00000000'],
  ]);
  const eth = await place(alice, { ...limit, symbol: 'ETHUSDT', side: 'BUY', price: 1000, quantity: 1 });
  same('rest open orders of all symbols', (await data(alice.rest.getOpenOrders())).map((o) => [o.symbol, o.orderId]).sort(),
    [...open1.map((o) => ['BTCUSDT', o.orderId]), ['ETHUSDT', eth.orderId]].sort());
  const all = await data(alice.rest.deleteOpenOrders({ symbol }));
  same('rest cancels all orders of a symbol', all.map((o) => [o.orderId, o.status, o.executedQty]), open1.map((o) => [o.orderId, 'CANCELED', o.executedQty]));
  same('rest cancels all by one name', new Set(all.map((o) => o.clientOrderId)).size, 1);
  await later();
  await refused('rest cannot cancel all of nothing', alice.rest.deleteOpenOrders({ symbol }), ...unknown);
  const gone = await data(alice.rest.deleteOrder({ symbol: 'ETHUSDT', orderId: eth.orderId }));
  same('rest cancel by order id', [gone.orderId, gone.origClientOrderId, gone.status], [eth.orderId, eth.clientOrderId, 'CANCELED']);
  purses.alice.lock('BTC', '-0.1');
  purses.alice.lock('USDT', '-5999');
  purses.alice.lock('USDT', '-55002');
  purses.alice.lock('USDT', '-82501.5');
  await followed('after cancels');
}
