// ccxt over HTTP: what it makes of the exchange's answers, value by value.
import { begin, finish } from './checks.mjs';
import { version } from './exchange.mjs';
import { balanceChecks } from './rest/balance.mjs';
import { bookChecks } from './rest/book.mjs';
import { errorChecks } from './rest/errors.mjs';
import { historyChecks } from './rest/history.mjs';
import { marketChecks } from './rest/markets.mjs';
import { orderChecks } from './rest/orders.mjs';
import { restingChecks } from './rest/resting.mjs';
import { tickerChecks } from './rest/tickers.mjs';
import { tradeChecks } from './rest/trades.mjs';
import { build } from './world.mjs';

begin('ccxt', version);
const world = await build();
for (const checks of [marketChecks, bookChecks, tradeChecks, tickerChecks, balanceChecks, orderChecks, restingChecks, historyChecks, errorChecks]) {
  await checks(world);
}
finish();
