// Truv over HTTP: what an answer means, when nothing may be sent at all, and how an order is read. Knows no cases.

import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

import { growing, HOUR, instant, MINUTE, SECOND } from './store.mjs';

export const HTTP_TIMEOUT_S = 10;
const PROBE_PAUSE = 5 * MINUTE;
const EXACT = [
  'login_error', 'mfa_error', 'config_error', 'account_locked', 'unable_to_reset', 'no_data', 'unavailable', 'not_supported',
];

/** Whether the signature is that of these bytes; without a secret nothing is genuine. */
export function isGenuine(secret, header, raw) {
  const found = /^v1=([0-9a-f]{64})$/.exec(header ?? '');
  if (!secret || !found) return false;
  return timingSafeEqual(Buffer.from(found[1], 'hex'), createHmac('sha256', secret).update(raw).digest());
}

/** Return JSON with each number that a float could change kept as its text; undefined if it is no JSON. */
export function parseExactly(source) {
  try {
    JSON.parse(source);
  } catch {
    return undefined;
  }
  const tokens = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g;
  const kept = (token) => token[0] === '"' || /^-?\d{1,15}$/.test(token);
  return JSON.parse(source.replace(tokens, (token) => (kept(token) ? token : `"${token}"`)));
}

/**
 * The API of one account. An answer is one of
 *   {kind: 'ok', data}          an object
 *   {kind: 'refused', status}   for good
 *   {kind: 'limit', about}      too many refreshes of a connection
 *   {kind: 'held'}              not done: the account may send nothing until `opensAt`
 *   {kind: 'unknown'}           nobody knows whether it was done
 */
export class Truv {
  constructor(env, clock, account, save) {
    Object.assign(this, { base: `${env.api_base.replace(/\/$/, '')}/v1`, clock, account, save });
    this.headers = { 'X-Access-Client-Id': env.client_id, 'X-Access-Secret': env.access_secret, Accept: 'application/json' };
  }

  /** When the next request may be sent: after a 429, or as the next probe of refused keys. */
  get opensAt() {
    return Math.max(this.account.pauseUntil, this.account.blocked ? this.account.probeAt : 0);
  }

  async call(method, path, body) {
    if (this.clock.now < this.opensAt) return { kind: 'held' };
    if (this.account.blocked) this.#change({ probeAt: this.clock.now + PROBE_PAUSE });
    try {
      const response = await fetch(this.base + path, {
        method,
        headers: body ? { ...this.headers, 'Content-Type': 'application/json' } : this.headers,
        body: body && JSON.stringify(body),
        redirect: 'manual', // the keys go to nobody else
        signal: AbortSignal.timeout(HTTP_TIMEOUT_S * SECOND),
      });
      return this.#judged(response, parseExactly(await response.text()));
    } catch (error) {
      return { kind: 'unknown', why: error.name };
    }
  }

  #judged(response, data) {
    const status = response.status;
    const about = JSON.stringify(data?.error ?? null);
    if (status === 429 && !/refresh limit/i.test(about)) {
      this.#pause(response.headers);
      return { kind: 'held' };
    }
    if (status === 401 || status === 403) {
      this.#change({ blocked: true, probeAt: this.clock.now + PROBE_PAUSE });
      return { kind: 'held' };
    }
    if (status < 200 || status >= 500 || status === 408 || (status >= 300 && status < 400)) return { kind: 'unknown', why: `http_${status}` };
    if (this.account.blocked || this.account.pauses) this.#change({ blocked: false, pauses: 0 });
    if (status >= 400) return /refresh limit/i.test(about) ? { kind: 'limit', about } : { kind: 'refused', status };
    return data && typeof data === 'object' && !Array.isArray(data) ? { kind: 'ok', data } : { kind: 'unknown', why: 'unreadable' };
  }

  #pause(headers) {
    const now = Math.max(this.clock.now, Date.parse(headers.get('date')) || 0);
    const wanted = headers.get('retry-after') ?? '';
    let seconds = /^\d+(\.\d+)?$/.test(wanted) ? Number(wanted) : / GMT$/.test(wanted) ? (Date.parse(wanted) - now) / SECOND : 0;
    if (!(seconds > 0)) seconds = growing(this.account.pauses, MINUTE) / SECOND; // absent or absurd
    const pause = Math.min(Math.max(Math.ceil(seconds), 1), HOUR / SECOND) * SECOND + SECOND;
    this.#change({ pauseUntil: Math.max(this.account.pauseUntil, now + pause), pauses: this.account.pauses + 1 });
  }

  #change(values) {
    Object.assign(this.account, values);
    this.save();
  }

  /** Return all orders of the list, null if it could not be read to its end, and none where there is no list. */
  async allOrders() {
    const found = new Map();
    const asked = new Set();
    for (let query = ''; !asked.has(query); ) {
      asked.add(query);
      const answer = await this.call('GET', `/orders/${query}`);
      if (answer.kind === 'refused') break; // no list, or the last page has gone since
      if (answer.kind !== 'ok' || !Array.isArray(answer.data.results)) return null;
      for (const order of answer.data.results) found.set(order.id, order);
      if (typeof answer.data.next !== 'string') break;
      query = new URL(answer.data.next, 'http://localhost').search; // the host in it is not to be trusted with keys
    }
    return [...found.values()];
  }

  /** Read an order; broken or another one's is unknown. */
  async order(id) {
    const answer = await this.call('GET', `/orders/${encodeURIComponent(id)}/`);
    return answer.kind === 'ok' && !isOrder(answer.data, id) ? { kind: 'unknown', why: 'unreadable' } : answer;
  }

  /** Return {items, reportId, asOf} of a completed suborder; null while they are not there, or older than `since`. */
  async report(order, suborder, product, since) {
    const items = suborder.employments ?? [];
    if (Array.isArray(items) && items.length && order.voie_report_id) {
      const asOf = order.completed_at ?? suborder.tasks?.at(-1)?.updated_at ?? order.updated_at;
      return { items, reportId: order.voie_report_id, asOf };
    }
    if (!suborder.link_id) return null;
    const answer = await this.call('GET', `/links/${suborder.link_id}/${product}/report/`);
    if (answer.kind !== 'ok' || !Array.isArray(answer.data.employments)) return null;
    const asOf = answer.data.finished_at ?? answer.data.completed_at;
    if (answer.data.status !== 'done' || !(instant(asOf) >= since)) return null; // shared with older orders
    return { items: answer.data.employments, reportId: answer.data.id, asOf };
  }

  /** Return whose data a connection has; null where its report cannot be read any more. */
  async holder(linkId) {
    const answer = linkId ? await this.call('GET', `/links/${linkId}/employment/report/`) : null;
    return answer?.kind === 'ok' ? holderOf(answer.data.employments) : null;
  }

  /** Return why a refresh failed, from the read that shows it; null while none says. */
  async failure(suborder, product) {
    const task = suborder.tasks?.at(-1);
    if (/refresh limit/i.test(task?.error_message ?? '')) return 'limit';
    const reads = [
      () => ({ kind: 'ok', data: { status: task?.status } }),
      () => task?.id && this.call('GET', `/refresh/tasks/${task.id}/`),
      async () => {
        const answer = await this.call('GET', `/links/${suborder.link_id}/${product}/report/`);
        return answer.kind === 'ok' ? { kind: 'ok', data: { status: answer.data.refresh_status } } : answer;
      },
      () => this.call('GET', `/links/${suborder.link_id}/`),
    ];
    let last = null;
    for (const read of reads) {
      const answer = (await read()) || { kind: 'refused' };
      if (answer.kind === 'held' || answer.kind === 'unknown') return null;
      if (EXACT.includes(answer.data?.status)) return answer.data.status;
      if (answer.data?.status === 'error') last = 'error';
    }
    return last;
  }
}

export function isOrder(data, id) {
  const isSuborder = (each) => typeof each?.id === 'string' && typeof each.status === 'string';
  return data.id === id && Array.isArray(data.employers) && data.employers.every(isSuborder);
}

/** Return the suborder of a refresh order that refreshes `part`; their ids may differ, their connection does not. */
export function findSuborder(order, part, parts) {
  const same = order.employers.find((each) => each.id === part.sub);
  if (same) return same;
  const near = order.employers.filter((each) => each.link_id === part.link);
  const named = near.filter((each) => each.company_name === part.company);
  return (
    near.find((each) => part.number && each.suborder_number === part.number) ??
    (named.length === 1 ? named[0] : near[parts.filter((each) => each.link === part.link).indexOf(part)])
  );
}

/** Return what a refresh of an order, or a comparison with one, needs to know of it. */
export function described(order) {
  const company = (each) => each.company_name ?? each.employments?.[0]?.company?.name ?? null;
  const subs = order.employers.map((each) => [
    each.id,
    { link: each.link_id ?? null, number: each.suborder_number ?? null, company: company(each), holder: holderOf(each.employments) },
  ]);
  const names = { first: order.first_name, last: order.last_name, number: order.order_number ?? null };
  return { user: order.user_id, ...names, products: order.products ?? [], subs: Object.fromEntries(subs) };
}

/** Return a mark of the person whose data these are, null if they do not say. */
export function holderOf(employments) {
  const { ssn, date_of_birth: born } = employments?.[0]?.profile ?? {};
  return ssn && born ? createHash('sha256').update(`${ssn} ${born}`).digest('hex') : null;
}
