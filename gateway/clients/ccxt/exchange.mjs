// The exchange, through ccxt and past it.
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import ccxt from 'ccxt';

export { ccxt };

const env = process.env;
export const url = env.EXCHANGE_URL;
export const seconds = Number(env.EXCHANGE_SECONDS);

// ccxt.version is not that of the package.
export const version = JSON.parse(readFileSync(new URL('./node_modules/ccxt/package.json', import.meta.url))).version;

/** The two accounts and their keys. */
export const alice = { account: env.ACCOUNT_ALICE, apiKey: env.KEY_ALICE, secret: env.SECRET_ALICE };
export const bob = { account: env.ACCOUNT_BOB, apiKey: env.KEY_BOB, secret: env.SECRET_BOB };

/** trimmed reports whether ccxt is told to ask only for what concerns spot trading, and not to wait between requests. */
export const trimmed = env.CCXT_OPTIONS === 'spot';

const settings = trimmed ? { enableRateLimit: false, options: { fetchMarkets: { types: ['spot'] }, fetchCurrencies: false, fetchMargins: false } } : {};

/** open returns a ccxt that uses this exchange. Only the addresses differ from the usual. */
export function open(who = {}, streams = '/ws') {
  const http = url, ws = env.EXCHANGE_WS;
  const api = {
    public: http + '/api/v3', private: http + '/api/v3', v1: http + '/api/v1', sapi: http + '/sapi/v1',
    fapiPublic: http + '/fapi/v1', dapiPublic: http + '/dapi/v1',
    ws: { spot: ws + streams, 'ws-api': { spot: ws + '/ws-api/v3' } },
  };
  return new ccxt.pro.binance({ apiKey: who.apiKey, secret: who.secret, urls: { api }, ...settings });
}

/** connected returns the same with its markets loaded, ready for websockets. */
export async function connected(who, streams) {
  const client = open(who, streams);
  await client.loadHttpProxyAgent();
  await client.loadMarkets();
  return client;
}

/** raw asks for something public, without ccxt. */
export async function raw(path, parameters = {}) {
  return answer(await fetch(`${url}/api/v3/${path}?${new URLSearchParams(parameters)}`));
}

/** signed makes a request of an account, without ccxt. */
export async function signed(who, method, path, parameters = {}) {
  const query = String(new URLSearchParams({ ...parameters, timestamp: Date.now() }));
  const signature = createHmac('sha256', who.secret).update(query).digest('hex');
  const headers = { 'X-MBX-APIKEY': who.apiKey };
  return answer(await fetch(`${url}/api/v3/${path}?${query}&signature=${signature}`, { method, headers }));
}

/** operate makes a request of the operator. */
export async function operate(path, body) {
  const headers = { Authorization: `Bearer ${env.EXCHANGE_ADMIN_TOKEN}`, 'Content-Type': 'application/json' };
  return answer(await fetch(`${url}/x/v1/${path}`, { method: 'POST', headers, body: JSON.stringify(body) }));
}

async function answer(response) {
  const body = await response.json();
  if (!response.ok) throw new Error(`${response.status} ${JSON.stringify(body)}`);
  return body;
}
