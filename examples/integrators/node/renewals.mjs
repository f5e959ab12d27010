// The cases: what is due of each, and the way of a refresh from the first click to the prefill.
// A case is a plain value that is saved whole. Its `parts` are the employers it wants, by their id in the source order;
// `attempts` are refresh POSTs whose end is not known yet. Webhooks only say which case to look at, never what happened.

import { createHash } from 'node:crypto';

import * as links from './links.mjs';
import { DAY, growing, HOUR, instant, MINUTE, SECOND, text } from './store.mjs';
import { described, findSuborder, Truv } from './truv.mjs';

export const SETTLE = 5 * MINUTE; // a POST of unknown outcome is repeated only after this
const FIRST_LOOK = 2.5 * MINUTE;
const RETRIES = [HOUR, 3 * HOUR, 8 * HOUR, DAY];
const REFRESHES_A_DAY = 3;
const DEADLINE = 2 * DAY;
const NOT_YET = ['DUE', 'RETRY_WAIT', 'LIMIT_WAIT'];
export const OVER = ['READY', 'MANUAL'];
const CLASSES = { READY: 1, MANUAL: 2, REAUTH_NEEDED: 3, REAUTH_SENT: 3, RETRY_WAIT: 4, LIMIT_WAIT: 5, REFRESHING: 6, DUE: 7 };

export class Renewals {
  constructor(env, store, log) {
    const account = store.get('account') ?? { pauseUntil: 0, pauses: 0, blocked: false, probeAt: 0 };
    Object.assign(this, { store, log, account, clock: { now: instant(env.now) }, index: new Map(), working: null });
    this.truv = new Truv(env, this.clock, account, () => store.commit({ account }));
    this.cases = new Map(store.under('case/').map((each) => [each.id, each]));
    this.connections = new Map(store.under('link/').map((each) => [each.id, each]));
    this.strangers = new Map(store.under('stranger/').map((each) => [each.id, each]));
    this.events = store.under('event/');
    this.messages = store.under('message/');
    this.eventCount = this.events.at(-1)?.seq ?? 0;
    for (const each of this.cases.values()) this.#wakeAfterCrash(each);
  }

  #wakeAfterCrash(c) {
    this.note(c, ...c.known);
    for (const it of [...c.attempts, c.link]) {
      if (it?.phase === 'posting') Object.assign(it, { phase: 'unknown', at: it.begun + FIRST_LOOK });
    }
    for (const attempt of c.attempts.filter((each) => each.phase === 'unknown')) {
      for (const each of attempt.parts) c.parts[each.emp].state = 'UNKNOWN_OUTCOME';
    }
  }

  // ---- what the agency says -------------------------------------------------------------------------------------

  put(given) {
    const old = this.cases.get(given.case_id);
    const c = old ?? newCase(given.case_id);
    if (old && old.source !== given.source_order_id && !this.isAtWork(old)) Object.assign(old, { parts: null, sources: {} });
    Object.assign(c, { personRef: given.person_ref, source: given.source_order_id, product: given.product, wanted: given.employers ?? null });
    this.cases.set(c.id, c);
    this.note(c, c.source);
    this.save(c);
  }

  request(id, cycle) {
    const c = this.cases.get(id);
    if (c.closed || c.cycle === cycle) return;
    const atWork = this.isAtWork(c);
    c.cycle = cycle;
    if (!atWork) {
      c.previous = this.#fresh(c) ?? c.previous;
      const { now } = this.clock;
      Object.assign(c, { round: c.round + 1, startAt: now, requestedAt: now, startTries: 0, problem: null, sources: {}, faults: 0 });
      for (const part of Object.values(c.parts ?? {})) Object.assign(part, newPart(part.emp, part.order, part.sub));
    }
    this.save(c); // else: the running work serves the new cycle, too
  }

  close(id) {
    const c = this.cases.get(id);
    if (c.closed) return;
    Object.assign(c, { closed: true, attempts: [], startAt: null });
    for (const each of c.sent) each.live = false;
    if (c.link && c.link.orderId) c.link.at = this.clock.now;
    else if (c.link?.phase !== 'posting') c.link = null;
    this.save(c);
  }

  isAtWork = (c) => c.startAt !== null || Object.values(c.parts ?? {}).some((part) => !OVER.includes(part.state));

  // ---- what Truv says -------------------------------------------------------------------------------------------

  /** Keep a genuine event; after this it is safe to say so. */
  keep(event) {
    const seq = ++this.eventCount;
    const names = ['event_type', 'order_id', 'link_id', 'user_id', 'tracking_info', 'order_number'];
    const kept = { seq, ...Object.fromEntries(names.map((name) => [name, typeof event[name] === 'string' ? event[name] : null])) };
    this.store.commit({ [`event/${seq}`]: kept });
    this.events.push(kept);
  }

  #absorb() {
    for (let event; (event = this.events.shift()); ) {
      const changes = { [`event/${event.seq}`]: null };
      const known = event.order_id && this.index.has(event.order_id);
      const ids = known ? [event.order_id] : [event.link_id, event.user_id, event.tracking_info];
      const concerned = new Set(ids.flatMap((id) => [...(this.index.get(id) ?? [])]));
      if (event.order_id && !known && [...this.cases.values()].some((c) => unsettled(c).length)) {
        const stranger = { id: event.order_id, user: event.user_id, number: event.order_number, at: this.clock.now };
        this.strangers.set(stranger.id, stranger);
        changes[`stranger/${stranger.id}`] = stranger;
      }
      if (event.event_type === 'link-deleted' && event.link_id) Object.assign(changes, this.#deleted(event.link_id));
      for (const id of concerned) Object.assign(changes, this.#hint(this.cases.get(id), event));
      this.store.commit(changes);
      this.log(`event ${event.event_type} concerns ${[...concerned].join(' ') || 'nobody'}`);
    }
  }

  #hint(c, event) {
    const foreign = event.order_id && this.index.has(event.order_id);
    for (const it of [...c.attempts, c.link]) {
      if (!it || it.phase === 'posting' || (foreign && it.orderId !== event.order_id)) continue;
      if (it.phase === 'open' || it.phase === 'sent') it.polls = 0;
      if (it.phase !== 'made') it.at = this.clock.now;
    }
    return { [`case/${c.id}`]: c };
  }

  #deleted(id) {
    const link = this.connection(id);
    link.deleted = true;
    const changes = { [`link/${id}`]: link };
    for (const c of this.cases.values()) {
      for (const part of Object.values(c.parts ?? {})) {
        if (!NOT_YET.includes(part.state) || this.linkOf(c, part) !== id || c.closed) continue;
        links.ask(part, 'link_deleted', this.clock.now);
        changes[`case/${c.id}`] = c;
      }
    }
    return changes;
  }

  // ---- what is due ----------------------------------------------------------------------------------------------

  /** Run everything due by now; return the next instant at which something is, or null. */
  async advance(now) {
    this.clock.now = now;
    for (let round = 0; round < 1000; round++) {
      this.#absorb();
      if (now < this.truv.opensAt) break;
      const due = [...this.cases.values()].filter((c) => (this.dueAt(c) ?? Infinity) <= now);
      if (!due.length && !this.events.length) break;
      for (const c of due) if (now >= this.truv.opensAt) await this.#safely(c);
    }
    const next = Math.min(...[...this.cases.values()].map((c) => this.dueAt(c) ?? Infinity));
    return Number.isFinite(next) ? Math.max(next, this.truv.opensAt, now + 1) : null;
  }

  dueAt(c) {
    const times = [c.startAt, c.link?.at, ...c.attempts.map((a) => a.at)];
    if (!c.closed && c.startAt === null) {
      for (const part of Object.values(c.parts ?? {})) {
        if (NOT_YET.includes(part.state)) times.push(part.dueAt);
        if (part.state === 'REAUTH_NEEDED' && !c.link) times.push(part.offerAt);
      }
    }
    const next = Math.min(...times.filter((each) => each !== null && each !== undefined));
    return Number.isFinite(next) ? Math.max(next, c.notBefore) : null;
  }

  /** Do one thing that is due of a case; an error of ours stops this case only. */
  async #safely(c) {
    try {
      await this.#step(c);
    } catch (error) {
      this.log(`case ${c.id}: ${error.name} in a step`);
      Object.assign(c, { faults: c.faults + 1, notBefore: this.clock.now + growing(c.faults, MINUTE) });
      if (c.faults > 5) this.#giveUp(c, 'internal_error');
      this.save(c);
    }
  }

  #step(c) {
    const now = this.clock.now;
    const isDue = (at) => at !== null && at !== undefined && at <= now;
    if (c.closed) return links.withdraw(this, c);
    if (isDue(c.startAt)) return this.#start(c);
    const attempt = c.attempts.find((each) => isDue(each.at));
    if (attempt) return attempt.phase === 'open' ? this.#poll(c, attempt) : this.#look(c, attempt);
    const ready = Object.values(c.parts ?? {}).filter((part) => NOT_YET.includes(part.state) && isDue(part.dueAt));
    if (ready.length) return this.#submit(c, ready);
    return c.link ? links.goOn(this, c) : links.offer(this, c);
  }

  /** Learn of the source orders: read once a cycle, before the first POST. */
  async #start(c) {
    const orders = c.parts ? Object.values(c.parts).map((part) => part.order) : [c.source];
    for (const id of new Set(orders)) {
      if (c.sources[id]) continue;
      const answer = await this.truv.order(id);
      if (c.closed || answer.kind === 'held') return;
      if (answer.kind === 'refused') return this.#giveUp(c, `source_order_http_${answer.status}`);
      if (answer.kind !== 'ok') {
        if (this.clock.now - c.requestedAt > DEADLINE) return this.#giveUp(c, 'source_order_unreadable');
        c.startAt = this.clock.now + growing(c.startTries++);
        return this.save(c);
      }
      c.sources[id] = described(answer.data);
      this.note(c, id, answer.data.user_id, ...Object.values(c.sources[id].subs).flatMap((sub) => [sub.link]));
    }
    const connected = Object.entries(c.sources[c.source]?.subs ?? {}).filter(([, sub]) => sub.link).map(([id]) => id);
    c.parts ??= Object.fromEntries((c.wanted ?? connected).map((emp) => [emp, newPart(emp, c.source, emp)]));
    if (!Object.keys(c.parts).length) return this.#giveUp(c, 'nothing_connected');
    for (const part of Object.values(c.parts)) part.dueAt = this.clock.now;
    c.startAt = null;
    this.save(c);
  }

  // ---- one refresh ----------------------------------------------------------------------------------------------

  async #submit(c, ready) {
    const now = this.clock.now;
    const source = ready[0].order;
    const info = c.sources[source];
    const attempt = { ref: `${c.id} ${now} ${source}`, source, begun: now, phase: 'posting', at: null, polls: 0, refused: 0, orderId: null, looked: [], parts: [] };
    for (const part of ready.filter((each) => each.order === source)) {
      const sub = info.subs[part.sub];
      const link = sub?.link && this.connection(sub.link);
      if (!link) this.manual(part, sub ? 'no_connection' : 'not_in_source_order');
      else if (!permitted(info.products).includes(c.product)) this.manual(part, 'product_not_permitted');
      else if (link.deleted || link.broken) links.ask(part, link.deleted ? 'link_deleted' : link.broken, now);
      else if (this.#opensAt(link) > now) Object.assign(part, { state: 'LIMIT_WAIT', reason: 'refresh_limit', dueAt: this.#opensAt(link) });
      else attempt.parts.push({ emp: part.emp, sub: part.sub, ...sub });
    }
    if (!attempt.parts.length) return this.save(c);

    const parts = attempt.parts.map((each) => c.parts[each.emp]);
    for (const part of parts) Object.assign(part, { state: 'REFRESHING', reason: null, tries: part.tries + 1 });
    c.attempts.push(attempt);
    this.save(c, this.#count(attempt, now)); // before the POST: a crash leaves an attempt of unknown outcome
    const all = Object.values(info.subs).filter((sub) => sub.link).length === attempt.parts.length;
    const body = { products: [c.product], ...(all ? {} : { employers: attempt.parts.map((each) => ({ id: each.sub })) }) };
    const answer = await this.truv.call('POST', `/orders/${encodeURIComponent(source)}/`, body);
    if (c.closed) return;
    this.log(`case ${c.id}: refresh of ${source}: ${answer.kind} ${answer.status ?? answer.why ?? ''}`);
    if (answer.kind === 'ok' && isRefreshOf(answer.data, source)) return this.#adopt(c, attempt, answer.data);
    if (answer.kind === 'ok' || answer.kind === 'unknown') {
      Object.assign(attempt, { phase: 'unknown', at: now + FIRST_LOOK });
      for (const part of parts) part.state = 'UNKNOWN_OUTCOME';
      return this.save(c);
    }
    c.attempts = c.attempts.filter((each) => each !== attempt); // it certainly did not happen
    const uncounted = this.#count(attempt, null);
    for (const part of parts) Object.assign(part, { state: 'DUE', tries: part.tries - 1, dueAt: now });
    if (answer.kind === 'refused') for (const part of parts) this.manual(part, `refresh_http_${answer.status}`);
    if (answer.kind === 'limit') {
      const named = attempt.parts.filter((each) => answer.about.includes(each.sub));
      for (const each of named.length ? named : attempt.parts) this.#limited(c, c.parts[each.emp], each.link);
    }
    this.save(c, uncounted);
  }

  #adopt(c, attempt, order) {
    const since = instant(order.created_at) ?? attempt.begun;
    const { now } = this.clock;
    Object.assign(attempt, { phase: 'open', orderId: order.id, since, polls: 0, at: now + 30 * SECOND, deadline: now + DEADLINE });
    for (const each of attempt.parts) Object.assign(c.parts[each.emp], { state: 'REFRESHING', reason: null });
    this.note(c, order.id);
    this.strangers.delete(order.id);
    this.save(c, { ...this.#count(attempt, since), [`stranger/${order.id}`]: null });
  }

  async #poll(c, attempt) {
    const answer = await this.truv.order(attempt.orderId);
    if (answer.kind === 'held' || !c.attempts.includes(attempt)) return;
    const order = answer.data;
    if (answer.kind === 'ok' && !belongs(order, attempt.source, c.sources[attempt.source])) {
      for (const each of attempt.parts) this.manual(c.parts[each.emp], 'order_of_somebody_else');
    }
    attempt.refused = answer.kind === 'refused' ? attempt.refused + 1 : 0;
    if (attempt.refused > 1) {
      for (const each of attempt.parts) this.manual(c.parts[each.emp], `order_http_${answer.status}`);
    }
    for (const each of answer.kind === 'ok' ? attempt.parts : []) {
      const part = c.parts[each.emp];
      const sub = findSuborder(order, each, attempt.parts);
      if (part.state !== 'REFRESHING' || !sub) continue;
      if (sub.status === 'completed') {
        const report = await this.truv.report(order, sub, c.product, attempt.since);
        if (report && !c.closed) this.ready(c, part, order.id, report);
      } else if (sub.status === 'error') {
        const reason = await this.truv.failure(sub, c.product);
        if (reason && !c.closed) this.#failed(c, part, reason, each.link);
      } else if (['no_data', 'expired', 'canceled', 'skipped'].includes(sub.status)) this.manual(part, sub.status);
    }
    if (c.closed) return;
    const running = attempt.parts.filter((each) => c.parts[each.emp].state === 'REFRESHING');
    if (this.clock.now >= attempt.deadline) for (const each of running) this.manual(c.parts[each.emp], 'no_ending_seen');
    if (running.length && this.clock.now < attempt.deadline) {
      const isNear = answer.kind !== 'ok' || order.employers.some((each) => each.status === 'completed');
      attempt.at = Math.min(this.clock.now + growing(attempt.polls++, 30 * SECOND, isNear ? 10 * MINUTE : HOUR), attempt.deadline);
    } else {
      c.attempts = c.attempts.filter((each) => each !== attempt);
      for (const part of Object.values(c.parts)) if (part.state === 'REAUTH_NEEDED' && !part.offers) part.offerAt = this.clock.now;
    }
    this.save(c);
  }

  /** Look for the order of a POST whose outcome is unknown: in events, in the list, behind the source order's pointer. */
  async #look(c, attempt) {
    const isOurs = (order) =>
      !this.index.has(order.id) && order.initial_order === attempt.source && order.products?.[0] === c.product &&
      instant(order.created_at) >= attempt.begun - 2 * SECOND && Array.isArray(order.employers) && order.employers.length === attempt.parts.length;
    const info = c.sources[attempt.source];
    const told = [...this.strangers.values()].filter((it) => [null, info.user].includes(it.user) && [null, info.number].includes(it.number));
    for (const { id } of told.filter((it) => !attempt.looked.includes(it.id))) {
      const answer = await this.truv.order(id);
      if (answer.kind === 'held' || !c.attempts.includes(attempt)) return;
      if (answer.kind === 'ok' && isOurs(answer.data)) return this.#adopt(c, attempt, answer.data);
      if (answer.kind !== 'unknown') attempt.looked.push(id); // a stranger's order is read once
    }
    const listed = await this.truv.allOrders();
    const found = (listed ?? []).filter(isOurs).sort((one, other) => instant(one.created_at) - instant(other.created_at))[0];
    if (!c.attempts.includes(attempt)) return;
    if (found) return this.#adopt(c, attempt, found);
    const source = await this.truv.order(attempt.source);
    const newest = source.data?.refresh_order;
    const behind = newest && !this.index.has(newest) ? await this.truv.order(newest) : { kind: 'refused' };
    if (source.kind === 'held' || behind.kind === 'held' || !c.attempts.includes(attempt)) return;
    if (behind.kind === 'ok' && isOurs(behind.data)) return this.#adopt(c, attempt, behind.data);

    const now = this.clock.now;
    const isSure = listed !== null && source.kind === 'ok' && behind.kind !== 'unknown';
    const settled = attempt.begun + SETTLE;
    if (now - attempt.begun > DEADLINE || (isSure && now >= settled)) {
      c.attempts = c.attempts.filter((each) => each !== attempt);
      for (const each of attempt.parts) {
        const part = c.parts[each.emp];
        if (!isSure || part.lost >= 3) this.manual(part, 'unknown_outcome');
        else Object.assign(part, { state: 'DUE', reason: 'repeated_after_unknown_outcome', lost: part.lost + 1, dueAt: now + part.lost * HOUR });
      }
    } else attempt.at = now < settled ? settled : now + growing(attempt.polls++);
    this.save(c);
  }

  // ---- endings --------------------------------------------------------------------------------------------------

  ready(c, part, orderId, report) {
    const items = report.items.map((employment) => ({ ...employment, employer_id: part.emp }));
    if (!items.length) return this.manual(part, 'no_employment_in_report');
    const result = { round: c.round, orderId, reportId: report.reportId, asOf: report.asOf, items };
    Object.assign(part, { state: 'READY', reason: null, result });
    this.log(`case ${c.id}: employer ${part.emp} ready from ${orderId}`);
  }

  manual(part, reason) {
    Object.assign(part, { state: 'MANUAL', reason });
  }

  #giveUp(c, reason) {
    Object.assign(c, { problem: reason, startAt: null, attempts: [] });
    for (const part of Object.values(c.parts ?? {})) if (part.state !== 'READY') this.manual(part, reason);
    this.save(c);
  }

  #failed(c, part, reason, link) {
    const now = this.clock.now;
    this.log(`case ${c.id}: employer ${part.emp} failed: ${reason}`);
    if (reason === 'limit') return this.#limited(c, part, link);
    if (reason === 'login_error' || reason === 'mfa_error') {
      const connection = this.connection(link);
      connection.broken = reason;
      this.store.commit({ [`link/${link}`]: connection });
      for (const each of Object.values(c.parts)) {
        if (each === part || (NOT_YET.includes(each.state) && this.linkOf(c, each) === link)) links.ask(each, reason, now + links.GATHERING);
      }
      return undefined;
    }
    part.errors += reason === 'error' ? 1 : 0;
    if (!['unavailable', 'error'].includes(reason) || part.errors > 2 || part.tries > RETRIES.length) return this.manual(part, reason);
    const spread = 1 + parseInt(createHash('sha256').update(`${c.id} ${part.tries}`).digest('hex').slice(0, 4), 16) / 655350;
    return Object.assign(part, { state: 'RETRY_WAIT', reason, dueAt: Math.ceil(now + RETRIES[part.tries - 1] * spread) });
  }

  #limited(c, part, link) {
    const until = this.clock.now + DAY; // somebody else used the window up; it opens by then at the latest
    const connection = this.connection(link);
    connection.limitUntil = until;
    this.store.commit({ [`link/${link}`]: connection });
    part.limits += 1;
    if (part.limits > 2) this.manual(part, 'refresh_limit');
    else Object.assign(part, { state: 'LIMIT_WAIT', reason: 'refresh_limit', dueAt: until, tries: Math.max(part.tries - 1, 0) });
  }

  // ---- connections: shared by all cases and orders --------------------------------------------------------------

  connection(id) {
    if (!this.connections.has(id)) this.connections.set(id, { id, refreshes: [], limitUntil: 0, broken: null, deleted: false });
    return this.connections.get(id);
  }

  linkOf = (c, part) => c.sources[part.order]?.subs[part.sub]?.link;

  /** Return when a connection may be refreshed again: three in any 24 hours, whatever became of them. */
  #opensAt(link) {
    const recent = link.refreshes.map((each) => each.at).sort((one, other) => one - other).slice(-REFRESHES_A_DAY);
    return Math.max(link.limitUntil, recent.length === REFRESHES_A_DAY ? recent[0] + DAY : 0);
  }

  /** Count an attempt against its connections at an instant, or with null not at all; return what is to be saved. */
  #count(attempt, at) {
    const changes = {};
    for (const id of new Set(attempt.parts.map((each) => each.link))) {
      const link = this.connection(id);
      link.refreshes = link.refreshes.filter((each) => each.ref !== attempt.ref && each.at > this.clock.now - 2 * DAY);
      if (at !== null) link.refreshes.push({ at, ref: attempt.ref });
      changes[`link/${id}`] = link;
    }
    return changes;
  }

  // ---- bookkeeping ----------------------------------------------------------------------------------------------

  /** Remember which case an id of Truv's concerns. */
  note(c, ...ids) {
    for (const id of ids.filter(Boolean)) {
      if (!this.index.has(id)) this.index.set(id, new Set());
      this.index.get(id).add(c.id);
      if (!c.known.includes(id)) c.known.push(id);
    }
  }

  save(c, more = {}) {
    this.store.commit({ [`case/${c.id}`]: c, ...more });
  }

  #fresh(c) {
    const results = Object.values(c.parts ?? {}).filter((part) => part.result?.round === c.round).map((part) => part.result);
    if (!results.length) return null;
    const newest = results.reduce((one, other) => (instant(other.asOf) > instant(one.asOf) ? other : one));
    const seen = new Set(); // two suborders of one connection show the same employments
    const items = results.flatMap((each) => each.items).filter((item) => !item.id || (!seen.has(item.id) && seen.add(item.id)));
    const all = (name) => [...new Set(results.map((each) => each[name]))];
    const one = { order_id: newest.orderId, report_id: newest.reportId, as_of: newest.asOf, stale: false };
    return { ...one, orders: all('orderId'), reports: all('reportId'), items };
  }

  view(id) {
    const c = this.cases.get(id);
    const parts = Object.values(c.parts ?? {});
    const active = c.attempts.find((each) => each.phase === 'open')?.orderId ?? parts.filter((part) => part.result?.round === c.round).at(-1)?.result.orderId;
    return {
      case_id: c.id, state: this.#state(c, parts), cycle: c.cycle,
      reason: c.problem ?? parts.map((part) => part.reason).find(Boolean) ?? null,
      active_order_id: active ?? c.link?.orderId ?? null, source_order_id: parts[0]?.order ?? c.source,
      next_action_at: c.closed ? null : text(this.#gated(this.dueAt(c))),
      employers: Object.fromEntries(parts.map((part) => [part.emp, part.state])),
      prefill: this.#fresh(c) ?? (c.previous && { ...c.previous, stale: true }),
      engagements: c.sent,
    };
  }

  #gated = (at) => (at === null ? null : Math.max(at, this.truv.opensAt));

  #state(c, parts) {
    if (c.closed) return 'CLOSED';
    if (c.problem) return 'MANUAL';
    if (!c.cycle) return 'IDLE';
    if (this.account.blocked && this.isAtWork(c)) return 'BLOCKED';
    if (c.startAt !== null) return 'DUE';
    if (c.link?.phase === 'unknown' || parts.some((part) => part.state === 'UNKNOWN_OUTCOME')) return 'UNKNOWN_OUTCOME';
    if (parts.every((part) => OVER.includes(part.state))) return parts.some((part) => part.state === 'MANUAL') ? 'MANUAL' : 'READY';
    return new Set(parts.map((part) => CLASSES[part.state])).size > 1 ? 'PARTIAL' : parts[0].state;
  }
}

const newCase = (id) => ({
  id, cycle: '', round: 0, closed: false, parts: null, sources: {}, known: [], previous: null, problem: null,
  attempts: [], link: null, linkCount: 0, sent: [],
  startAt: null, requestedAt: null, startTries: 0, faults: 0, notBefore: 0,
});

const newPart = (emp, order, sub) => ({
  emp, order, sub, state: 'DUE', reason: null, dueAt: null, offerAt: null, tries: 0, errors: 0, limits: 0, lost: 0, offers: 0,
});

export const unsettled = (c) => [...c.attempts, c.link].filter((each) => each?.phase === 'posting' || each?.phase === 'unknown');

const permitted = (products) => (products.includes('income') ? ['income', 'employment'] : products.filter((each) => each === 'employment'));

const isRefreshOf = (order, source) => typeof order.id === 'string' && order.id !== source && (order.initial_order ?? source) === source;

const belongs = (order, source, info) => isRefreshOf(order, source) && order.first_name === info.first && order.last_name === info.last;
