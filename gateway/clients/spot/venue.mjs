// The exchange as the environment names it, its operator and its customers.
import { generateKeyPairSync } from 'node:crypto';
import { createInterface } from 'node:readline';
import './quiet.mjs';
import { Spot } from '@binance/spot';
import { eventually } from './check.mjs';

export const url = given('EXCHANGE_URL');
export const ws = given('EXCHANGE_WS');

function given(name) {
  const v = process.env[name];
  if (!v) throw new Error(`${name} is not set`);
  return v;
}

// operate sends a request to the operator's interface.
async function operate(method, path, body) {
  const answer = await fetch(`${url}/x/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${given('EXCHANGE_ADMIN_TOKEN')}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}

// phase sets the phase of a symbol.
export function phase(symbol, name) {
  return operate('POST', `/symbols/${symbol}/phase`, { phase: name });
}

// restart has whoever runs this kill the exchange and start it again.
export async function restart() {
  const lines = createInterface({ input: process.stdin });
  process.stdout.write('{"do":"restart"}\n');
  for await (const line of lines) {
    if (JSON.parse(line).done === 'restart') break;
  }
  lines.close();
}

// later waits for the next millisecond. A request that is the same as one before, with
// the time it is stamped with, is refused as that one come again.
export async function later() {
  for (const now = Date.now(); Date.now() === now;) await new Promise((r) => setTimeout(r, 1));
}

// open returns the library with these credentials.
export function open(credentials, more = {}) {
  const wait = 100; // milliseconds before it connects again
  return new Spot({
    configurationRestAPI: { ...credentials, basePath: url, timeout: 10000, retries: 0, ...more },
    configurationWebsocketAPI: { ...credentials, wsURL: `${ws}/ws-api/v3`, reconnectDelay: wait, ...more },
    configurationWebsocketStreams: { wsURL: ws, reconnectDelay: wait, ...more },
  });
}

// trusted waits until the exchange takes requests of a key that it has not made.
export function trusted(credentials) {
  const { restAPI } = open(credentials);
  return eventually('a request of a key from before', () => restAPI.getAccount().catch((e) => {
    if (e.code !== -1021) throw e;
  }));
}

// Customer is an account, seen by the library.
class Customer {
  #transfers = 1000; // whoever funded the account has counted from one

  constructor(name) {
    this.credentials = { apiKey: given(`KEY_${name}`), apiSecret: given(`SECRET_${name}`) };
    this.uid = Number(given(`ACCOUNT_${name}`));
    this.spot = open(this.credentials);
    this.rest = this.spot.restAPI;
  }

  // credit gives to the account, debit takes from it.
  credit(asset, amount) {
    return operate('POST', `/accounts/${this.uid}/credit`, { asset, amount, transfer: this.#transfers++ });
  }

  debit(asset, amount) {
    return operate('POST', `/accounts/${this.uid}/debit`, { asset, amount, transfer: this.#transfers++ });
  }

  // ed25519 registers a key pair and returns its credentials. In its first second an
  // exchange takes nothing of a key that may have been used before it started.
  async ed25519() {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const { key } = await operate('POST', `/accounts/${this.uid}/keys`, {
      type: 'ed25519',
      public_key: publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
    });
    const credentials = { apiKey: key, privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }) };
    await trusted(credentials);
    return credentials;
  }

  // reader registers a key that may only read.
  async reader() {
    const { key, secret } = await operate('POST', `/accounts/${this.uid}/keys`, { type: 'hmac', permissions: ['read'] });
    return { apiKey: key, apiSecret: secret };
  }
}

export const alice = new Customer('ALICE');
export const bob = new Customer('BOB');
