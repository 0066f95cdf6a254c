// What accounts have and pay.
import { check, equal, pick } from '../checks.mjs';
import { alice, bob } from '../exchange.mjs';
import { balances, rawBalances } from '../model.mjs';

export async function balanceChecks(world) {
  for (const [name, who] of [['alice', alice], ['bob', bob]]) {
    await check(`fetchBalance of ${name} equals the ledger`, () => balanced(world, world[name], who));
  }
  await check('fetchTradingFee', async () => {
    const fee = await world.alice.fetchTradingFee(world.btc.symbol);
    equal(pick(fee, 'symbol maker taker'), { symbol: world.btc.symbol, maker: 0.001, taker: 0.001 });
  });
  await check('fetchTradingFees', async () => {
    const fees = await world.alice.fetchTradingFees();
    for (const { symbol } of world.markets) equal(pick(fees[symbol], 'symbol maker taker'), { symbol, maker: 0.001, taker: 0.001 });
    equal(Object.keys(fees).length, world.markets.length);
  });
  await check('fetchDeposits and fetchWithdrawals have nothing', async () => {
    equal([await world.alice.fetchDeposits(), await world.alice.fetchWithdrawals()], [[], []]);
  });
}

/** balanced demands that an account has what the ledger says. */
export async function balanced({ ledger, markets }, client, who) {
  const answer = await client.fetchBalance();
  const want = balances(ledger, markets, who);
  equal(pick(answer, Object.keys(want).join(' ')), want);
  equal(answer.info.balances.sort((a, b) => a.asset < b.asset ? -1 : 1), rawBalances(ledger, markets, who));
}
