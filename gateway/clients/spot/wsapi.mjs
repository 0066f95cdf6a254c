// The websocket API: the same as REST on another road, sessions, and user data.
import { during, refused, same } from './check.mjs';
import { canceled, result } from './orders.mjs';
import { tape } from './resttrade.mjs';
import { User, story } from './user.mjs';
import { alice, bob, later, open } from './venue.mjs';

const symbol = 'BTCUSDT';
const limit = { symbol, type: 'LIMIT', timeInForce: 'GTC' };
const { rest } = alice;

const data = async (promise) => (await promise).data;
const answer = async (promise) => (await promise).data();

// market holds each answer about the market against the one over REST.
export async function market(ws) {
  same('ws ping', await data(ws.ping()), {});
  await during('ws time', async () => (await data(ws.time())).serverTime);
  const range = { symbol, interval: '1m', endTime: Date.now() };
  const timeless = (list) => [list].flat().map(({ serverTime, openTime, closeTime, ...others }) => others);
  for (const [name, other, q] of [
    ['exchangeInfo', 'exchangeInfo', { symbols: ['BTCUSDT', 'ETHBTC'] }], ['depth', 'depth', { symbol, limit: 5 }], ['tradesRecent', 'getTrades', { symbol, limit: 3 }],
    ['tradesHistorical', 'historicalTrades', { symbol, fromId: tape[0].id, limit: 2 }], ['tradesAggregate', 'aggTrades', { symbol }], ['klines', 'klines', range], ['uiKlines', 'uiKlines', range],
    ['avgPrice', 'avgPrice', { symbol }], ['ticker24hr', 'ticker24hr', { symbol }], ['tickerTradingDay', 'tickerTradingDay', { symbols: ['BTCUSDT', 'ETHUSDT'] }],
    ['ticker', 'ticker', { symbol, windowSize: '1h' }], ['tickerPrice', 'tickerPrice', {}], ['tickerBook', 'tickerBookTicker', { symbols: ['BTCUSDT'] }],
  ]) {
    same(`ws ${name}`, timeless(await data(ws[name]({ ...q }))), timeless(await answer(rest[other](q))));
  }
  await refused('ws refuses an unknown symbol', ws.depth({ symbol: 'NOSUCH' }), Object, -1121, 'Invalid symbol.');
  const limited = await ws.ping();
  same('ws tells the limits', limited.rateLimits.map((l) => [l.rateLimitType, l.interval, l.intervalNum, l.limit]), [['REQUEST_WEIGHT', 'MINUTE', 1, 6000]]);
}

// session logs on with Ed25519; after that the library leaves keys and signatures out.
export async function session(ws, apiKey) {
  const nobody = { apiKey: null, authorizedSince: null, returnRateLimits: true, userDataStream: false };
  const facts = ({ connectedSince, serverTime, ...s }) => s;
  same('ws session before the logon', facts(await data(ws.sessionStatus())), nobody);
  let on;
  await during('ws logon time', async () => {
    [on] = await ws.sessionLogon();
    return on.data.authorizedSince;
  });
  same('ws logon', facts(on.data), { ...nobody, apiKey, authorizedSince: on.data.authorizedSince });
  same('ws session after the logon', facts(await data(ws.sessionStatus())), facts(on.data));
}

// trading does over a logged-on connection what accounts do.
export async function trading(ws) {
  const first = await ws.orderPlace({ ...limit, side: 'BUY', price: 50000, quantity: 1, newClientOrderId: 'ws-1', newOrderRespType: 'RESULT' });
  const placed = first.data;
  same('ws order', placed, result({ ...placed, price: '50000.00000000', origQty: '1.00000000', side: 'BUY', clientOrderId: 'ws-1', executedQty: undefined, cummulativeQuoteQty: undefined, status: 'NEW' }));
  same('ws order limits are counted', first.rateLimits.map((l) => `${l.rateLimitType} ${l.intervalNum} ${l.interval}`).sort(), ['ORDERS 1 DAY', 'ORDERS 10 SECOND', 'REQUEST_WEIGHT 1 MINUTE']);
  same('ws order test', await data(ws.orderTest({ ...limit, side: 'BUY', price: 50000, quantity: 1 })), {});
  await refused('ws refuses an order', ws.orderPlace({ ...limit, side: 'BUY', price: 50000, quantity: 1, newClientOrderId: 'ws-1' }), Object, -2010, 'Duplicate order sent.');
  same('ws order status', await data(ws.orderStatus({ symbol, origClientOrderId: 'ws-1' })), await answer(rest.getOrder({ symbol, orderId: placed.orderId })));
  same('ws open orders', (await data(ws.openOrdersStatus({ symbol }))).map((o) => o.orderId), [placed.orderId]);
  const amended = await data(ws.orderAmendKeepPriority({ symbol, orderId: placed.orderId, newQty: 0.5, newClientOrderId: 'ws-2' }));
  same('ws amend', [amended.amendedOrder.origClientOrderId, amended.amendedOrder.clientOrderId, amended.amendedOrder.qty], ['ws-1', 'ws-2', '0.50000000']);
  const changed = result({ ...placed, clientOrderId: 'ws-2', origQty: '0.50000000' });
  const replaced = await data(ws.orderCancelReplace({ ...limit, side: 'BUY', price: 50001, quantity: 2, cancelReplaceMode: 'STOP_ON_FAILURE', cancelOrderId: placed.orderId, cancelNewClientOrderId: 'ws-3', newClientOrderId: 'ws-4', newOrderRespType: 'RESULT' }));
  const again = replaced.newOrderResponse;
  same('ws cancel and replace', replaced, {
    cancelResult: 'SUCCESS', newOrderResult: 'SUCCESS', cancelResponse: canceled(changed, 'ws-3', again.transactTime),
    newOrderResponse: result({ ...again, price: '50001.00000000', origQty: '2.00000000', side: 'BUY', clientOrderId: 'ws-4', executedQty: undefined, cummulativeQuoteQty: undefined, status: 'NEW' }),
  });
  const half = ws.orderCancelReplace({ ...limit, side: 'BUY', price: 50002, quantity: 1, cancelReplaceMode: 'ALLOW_FAILURE', cancelOrderId: placed.orderId });
  const partly = await half.catch((e) => e);
  same('ws cancel and replace, half of it', [partly.code, partly.msg, partly.data.cancelResult, partly.data.cancelResponse, partly.data.newOrderResult, partly.data.newOrderResponse?.price],
    [-2021, 'Order cancel-replace partially failed.', 'FAILURE', { code: -2011, msg: 'Unknown order sent.' }, 'SUCCESS', '50002.00000000']);
  const gone = await data(ws.orderCancel({ symbol, orderId: again.orderId, newClientOrderId: 'ws-5' }));
  same('ws cancel', gone, canceled(again, 'ws-5', gone.transactTime));
  same('ws cancel all', (await data(ws.openOrdersCancelAll({ symbol }))).map((o) => [o.orderId, o.status]), [[partly.data.newOrderResponse.orderId, 'CANCELED']]);
  await later();
  await refused('ws cannot cancel all of nothing', ws.openOrdersCancelAll({ symbol }), Object, -2011, 'Unknown order sent.');
  await queries(ws, placed.orderId);
}

// queries holds each answer about the account against the one over REST.
async function queries(ws, orderId) {
  const all = await answer(rest.allOrders({ symbol }));
  const prevented = all.find((o) => o.preventedMatchId !== undefined && o.status === 'EXPIRED_IN_MATCH');
  for (const [name, other, q] of [
    ['accountStatus', 'getAccount', {}], ['accountCommission', 'accountCommission', { symbol }], ['accountRateLimitsOrders', 'rateLimitOrder', {}], ['allOrders', 'allOrders', { symbol }],
    ['myTrades', 'myTrades', { symbol }], ['orderAmendments', 'orderAmendments', { symbol, orderId }], ['myFilters', 'myFilters', { symbol }], ['myAllocations', 'myAllocations', { symbol }],
    ['openOrderListsStatus', 'openOrderList', {}], ['allOrderLists', 'allOrderList', {}], ['myPreventedMatches', 'myPreventedMatches', { symbol, orderId: prevented.orderId }],
  ]) {
    same(`ws ${name}`, countless(await data(ws[name]({ ...q }))), countless(await answer(rest[other](q))));
  }
}

// countless leaves out how many orders there were in these ten seconds, which may end.
function countless(v) {
  return Array.isArray(v) ? v.map(({ count, ...o }) => (o.interval === 'SECOND' ? o : { ...o, count })) : v;
}

// told listens in a logged-on session, and by signature without one.
export async function told(ws) {
  const logged = new User();
  const { response, stream } = await ws.userDataStreamSubscribe();
  stream.on('message', (e) => logged.hear(e));
  same('ws user data subscription', response.data, { subscriptionId: 0 });
  same('ws session listens', (await data(ws.sessionStatus())).userDataStream, true);
  same('ws subscriptions', await data(ws.sessionSubscriptions()), [{ subscriptionId: 0 }]);
  await refused('ws refuses a second subscription of an account', ws.userDataStreamSubscribe(), Object, -2035, 'User Data Stream subscription already active.');

  const other = await alice.spot.websocketAPI.connect();
  const signed = new User();
  const second = await other.userDataStreamSubscribeSignature();
  second.stream.on('message', (e) => signed.hear(e));
  same('ws user data subscription by signature', second.response.data, { subscriptionId: 0 });
  await story('ws', logged, alice, bob);
  await signed.next(logged.events.length);
  same('ws both subscriptions hear the same', signed.events, logged.events);

  same('ws unsubscribe', await data(other.userDataStreamUnsubscribe({ subscriptionId: 0 })), {});
  await refused('ws unsubscribe twice', other.userDataStreamUnsubscribe({ subscriptionId: 0 }), Object, -2036, 'User Data Stream subscription not active.');
  const [end] = await signed.next(1);
  same('ws end of a subscription', end, { e: 'eventStreamTerminated', E: end.E });
  const [out] = await ws.sessionLogout();
  same('ws logout', [out.data.apiKey, out.data.authorizedSince, out.data.userDataStream], [null, null, false]);
  const [last] = await logged.next(1);
  same('ws end of a session', last, { e: 'eventStreamTerminated', E: last.E });
  return other;
}

// connect returns a connection of the library with these credentials.
export function connect(credentials) {
  return open(credentials).websocketAPI.connect();
}
