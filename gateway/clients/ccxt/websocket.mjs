// ccxt over websockets: market streams, user data, and the API.
import { begin, finish } from './checks.mjs';
import { version } from './exchange.mjs';
import { entryChecks } from './websocket/entry.mjs';
import { Idle } from './websocket/idle.mjs';
import { loadChecks } from './websocket/load.mjs';
import { quietChecks } from './websocket/quiet.mjs';
import { restartChecks } from './websocket/restart.mjs';
import { unwatchChecks } from './websocket/unwatch.mjs';
import { userChecks } from './websocket/user.mjs';
import { build } from './world.mjs';

begin('ccxt', version);
const world = await build();
const idle = await Idle.begin(world); // beside all that follows
await quietChecks(world);
await userChecks(world);
await entryChecks(world);
await unwatchChecks(world);
await loadChecks(world);
await idle.checks();
await restartChecks(world);
finish();
