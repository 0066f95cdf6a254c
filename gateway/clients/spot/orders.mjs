// The answers that the wire format has for orders, from the few things that differ.

// result is the answer to an order that asks for RESULT.
export function result(o) {
  return {
    symbol: 'BTCUSDT',
    orderId: o.orderId,
    orderListId: -1,
    clientOrderId: o.clientOrderId,
    transactTime: o.transactTime,
    price: o.price ?? '0.00000000',
    origQty: o.origQty,
    executedQty: o.executedQty ?? '0.00000000',
    origQuoteOrderQty: o.origQuoteOrderQty ?? '0.00000000',
    cummulativeQuoteQty: o.cummulativeQuoteQty ?? '0.00000000',
    status: o.status ?? 'NEW',
    timeInForce: o.timeInForce ?? 'GTC',
    type: o.type ?? 'LIMIT',
    side: o.side,
    workingTime: o.workingTime ?? o.transactTime,
    selfTradePreventionMode: o.selfTradePreventionMode ?? 'EXPIRE_MAKER',
    ...o.more,
  };
}

// fill is a fill of an order whose fee is a thousandth.
export function fill(price, qty, commission, commissionAsset, tradeId) {
  return { price, qty, commission, commissionAsset, tradeId };
}

// queried is what a query says of an order, from the answer to its placement.
export function queried(placed, changes = {}) {
  const { transactTime, fills, preventedMatches, ...rest } = placed;
  return {
    ...rest,
    stopPrice: '0.00000000',
    icebergQty: '0.00000000',
    time: transactTime,
    updateTime: transactTime,
    isWorking: true,
    ...changes,
  };
}

// canceled is the answer to a cancel, from the answer to the placement.
export function canceled(placed, clientOrderId, transactTime, changes = {}) {
  const { fills, workingTime, ...rest } = placed;
  return { ...rest, origClientOrderId: placed.clientOrderId, clientOrderId, transactTime, status: 'CANCELED', ...changes };
}
