// A renewals program as a service: the production webhook, and for test builds the routes of a contract run.
// Usage: node integrator.mjs --port 8900

import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';

import { REOFFERS } from './links.mjs';
import { Renewals } from './renewals.mjs';
import { instant, Store, text } from './store.mjs';
import { HTTP_TIMEOUT_S, isGenuine, parseExactly } from './truv.mjs';

const WEBHOOK_PATH = '/truv/webhooks';
const BODY_LIMIT = 8 * 1024 * 1024;
const MANIFEST = {
  adapter: 1, name: 'node-renewals', version: '1.0.0', style: 'webhook+poll', webhook_path: WEBHOOK_PATH,
  capabilities: ['webhook', 'poll', 'clock', 'persist', 'reauth', 'outbox', 'multi', 'close', 'logs', 'list', 'source'],
  reentrancy: 'async', http_timeout_s: HTTP_TIMEOUT_S,
  bounds_s: { 'B-PREFILL': 900, 'B-LOSS': 86400, 'B-STUCK': 259200, 'B-LIMIT-RESUME': 86400 },
  counts: { 'B-RETRY-N': 5, 'B-REOFFER': REOFFERS, concurrency: 1, budget_per_day: null },
  policies: { age_skip_days: null, partial: 'show', unknown_post: 'reconcile', link_on_locked: false, reminders: 0, run_times: [] },
};

/** One start of the program on one store. */
class Session {
  constructor(env) {
    this.secret = env.access_secret;
    this.store = new Store(env.store);
    this.logFile = path.join(env.store, 'log.txt');
    this.logged = existsSync(this.logFile) ? readFileSync(this.logFile, 'utf8').split('\n').slice(0, -1) : [];
    this.desk = new Renewals(env, this.store, (line) => this.#log(line));
    this.turn = Promise.resolve();
  }

  /** Move the clock; moves wait for each other, webhooks and clicks wait for none. */
  advance(now) {
    this.turn = this.turn.then(() => this.desk.advance(now));
    return this.turn;
  }

  webhook(headers, raw) {
    if (!isGenuine(this.secret, headers['x-webhook-sign'], raw)) return 401;
    const event = parseExactly(raw.toString());
    if (event && typeof event === 'object' && !Array.isArray(event)) this.desk.keep(event);
    return 204; // what is genuine but unreadable would be no better the next time
  }

  #log(line) {
    const shown = `${text(this.desk.clock.now)} ${line.trim()}`;
    this.logged.push(shown);
    appendFileSync(this.logFile, `${shown}\n`);
  }
}

let session = null;

async function contract(method, route, query, body) {
  if (route === 'manifest') return MANIFEST;
  if (route === 'start') {
    await session?.turn;
    session?.store.close();
    session = new Session(body);
    return null;
  }
  if (session === null) throw Object.assign(new Error('not started'), { status: 409 });
  const { desk } = session;
  const [name, id, action] = route.split('/').map(decodeURIComponent);
  const since = Number(query.get('since') ?? 0);
  if (name === 'clock') return { next_wakeup: text(await session.advance(instant(body.now))), quiescent: true };
  if (name === 'outbox') return { results: desk.messages.filter((each) => each.seq > since) };
  if (name === 'logs') return { results: session.logged.map((line, at) => ({ seq: at + 1, line })).slice(since) };
  if (name === 'cases' && !id) return { results: [...desk.cases.keys()].map((each) => desk.view(each)), cursor: null };
  if (name === 'stop') {
    await session.turn;
    session.store.close();
    session = null;
    return null;
  }
  if (name === 'cases' && method === 'PUT') return void desk.put({ ...body, case_id: id }) ?? null;
  if (name !== 'cases' || !desk.cases.has(id)) throw Object.assign(new Error('no such route or case'), { status: 404 });
  if (action === 'refresh') return void desk.request(id, body.cycle) ?? 202;
  if (action === 'close') return void desk.close(id) ?? null;
  return desk.view(id);
}

async function serve(request, response) {
  const url = new URL(request.url, 'http://localhost');
  const answer = (status, data) => response.writeHead(status, data === undefined ? {} : { 'Content-Type': 'application/json' }).end(data && JSON.stringify(data));
  try {
    const chunks = [];
    let size = 0;
    for await (const chunk of request) if ((size += chunk.length) <= BODY_LIMIT) chunks.push(chunk);
    if (size > BODY_LIMIT) return answer(413);
    const raw = Buffer.concat(chunks);
    if (url.pathname === WEBHOOK_PATH && request.method === 'POST') return answer(session ? session.webhook(request.headers, raw) : 401);
    if (!url.pathname.startsWith('/contract/v1/')) return answer(404);
    const body = raw.length ? JSON.parse(raw.toString()) : {};
    const result = await contract(request.method, url.pathname.slice('/contract/v1/'.length).replace(/\/$/, ''), url.searchParams, body);
    return typeof result === 'number' ? answer(result) : result === null ? answer(204) : answer(200, result);
  } catch (error) {
    return answer(error.status ?? 500, { error: error.status ? error.message : error.name });
  }
}

const port = Number(process.argv[process.argv.indexOf('--port') + 1] ?? 8900);
if (!process.argv.includes('--port') || !Number.isInteger(port)) {
  console.error('Usage: node integrator.mjs --port PORT (0: any free port)');
  process.exit(2);
}
const server = http.createServer(serve).listen(port, '127.0.0.1', () => console.log(`listening on http://127.0.0.1:${server.address().port}`));
process.on('SIGTERM', () => process.exit(0));
