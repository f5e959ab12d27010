// Asking the person: a new order for the employers that need a login, its link in one message, and what comes of it.
// `c.link` is the link order at work: posting, unknown (was it made?), made (not sent yet), sent.

import { createHash } from 'node:crypto';

import { DAY, growing, HOUR, instant, MINUTE, SECOND, text } from './store.mjs';
import { described, holderOf } from './truv.mjs';

export const REOFFERS = 2;
export const GATHERING = 15 * MINUTE; // failures of one refresh that come together are asked for together
const FIRST_LOOK = 2.5 * MINUTE;
const SETTLE = 5 * MINUTE;
const LOST_LINK = HOUR; // without a list only an event can still tell of the order
const EXPIRY_SLACK = 3 * MINUTE;

export function ask(part, reason, offerAt) {
  Object.assign(part, { state: 'REAUTH_NEEDED', reason, offerAt });
}

export async function offer(desk, c) {
  const now = desk.clock.now;
  const asked = Object.values(c.parts).filter((part) => part.state === 'REAUTH_NEEDED' && part.offerAt <= now);
  const rival = [...desk.cases.values()].some((other) => other !== c && !other.closed && other.link && isSamePerson(desk, other, c, asked));
  if (rival) {
    for (const part of asked) part.offerAt = now + HOUR; // one live link a person; its end wakes us earlier
    return desk.save(c);
  }
  const info = c.sources[asked[0].order];
  const person = await desk.truv.call('GET', `/users/${info.user}/`);
  if (person.kind === 'held' || c.closed) return;
  if (person.kind === 'unknown') {
    for (const part of asked) part.offerAt = now + growing(c.startTries++);
    return desk.save(c);
  }
  c.linkCount += 1;
  const parts = asked.map((part) => ({ link: null, company: null, holder: null, ...c.sources[part.order].subs[part.sub], emp: part.emp }));
  const link = { phase: 'posting', number: `${c.id}/${c.cycle}/${c.linkCount}`, begun: now, at: null, polls: 0, refused: 0, orderId: null, looked: [], parts };
  c.link = link;
  for (const part of asked) part.offers += 1;
  desk.save(c); // before the POST
  const answer = await desk.truv.call('POST', '/orders/', orderFor(c, link, info, person.data?.external_user_id));
  desk.log(`case ${c.id}: link order: ${answer.kind} ${answer.status ?? answer.why ?? ''}`);
  if (answer.kind === 'ok' && isLink(answer.data)) return made(desk, c, answer.data);
  if (answer.kind === 'held' || answer.kind === 'refused' || answer.kind === 'limit') {
    c.link = null;
    for (const part of asked) part.offers -= 1;
    if (answer.kind !== 'held') for (const part of asked) desk.manual(part, `link_order_http_${answer.status}`);
  } else if (c.closed) c.link = null;
  else Object.assign(link, { phase: 'unknown', at: now + FIRST_LOOK });
  return desk.save(c);
}

export function goOn(desk, c) {
  if (c.link.phase === 'unknown') return look(desk, c);
  return c.link.phase === 'made' ? send(desk, c) : poll(desk, c);
}

const isSamePerson = (desk, other, c, asked) =>
  other.personRef === c.personRef || other.link.parts.some((each) => asked.some((part) => desk.linkOf(c, part) === each.link));

const isLink = (order) => typeof order.id === 'string' && typeof (order.share_url ?? order.short_share_url) === 'string' && instant(order.expired_at) !== null;

function orderFor(c, link, info, externalId) {
  const named = link.parts.every((each) => each.company);
  return {
    products: [c.product], first_name: info.first, last_name: info.last, order_number: link.number,
    ...(externalId ? { external_user_id: externalId } : {}),
    ...(named ? { employers: link.parts.map((each) => ({ company_name: each.company, suborder_number: each.emp })) } : {}),
  };
}

function made(desk, c, order) {
  Object.assign(c.link, { phase: 'made', at: desk.clock.now, orderId: order.id, since: instant(order.created_at) ?? c.link.begun });
  desk.note(c, order.id, order.user_id, ...(order.employers ?? []).map((each) => each.id));
  desk.strangers.delete(order.id);
  desk.save(c, { [`stranger/${order.id}`]: null });
}

/** Look for a link order whose POST was never answered: its number is ours alone. */
async function look(desk, c) {
  const { link } = c;
  const isOurs = (order) => order.order_number === link.number && isLink(order);
  for (const { id } of [...desk.strangers.values()].filter((it) => [null, link.number].includes(it.number) && !link.looked.includes(it.id))) {
    const answer = await desk.truv.order(id);
    if (answer.kind === 'held' || c.link !== link) return;
    if (answer.kind === 'ok' && isOurs(answer.data)) return made(desk, c, answer.data);
    if (answer.kind !== 'unknown') link.looked.push(id);
  }
  const listed = await desk.truv.allOrders();
  const now = desk.clock.now;
  if (now < desk.truv.opensAt || c.link !== link) return;
  const found = listed?.find(isOurs);
  if (found) return made(desk, c, found);
  const settled = link.begun + (listed?.length ? SETTLE : LOST_LINK);
  if (listed === null || now < settled) {
    link.at = listed === null ? now + growing(link.polls++) : settled;
    if (now - link.begun > 2 * DAY) ended(desk, c, link.parts.map((each) => [each, 'unknown_outcome']), true);
  } else ended(desk, c, link.parts.map((each) => [each, 'link_order_not_made']));
  desk.save(c);
}

/** Send the link if it is alive now; its life is read from the order. */
async function send(desk, c) {
  const { link } = c;
  const answer = await desk.truv.order(link.orderId);
  if (answer.kind === 'held' || c.link !== link || c.closed) return;
  const now = desk.clock.now;
  const order = answer.data;
  if (answer.kind === 'refused') ended(desk, c, link.parts.map((each) => [each, `link_order_http_${answer.status}`]), true);
  else if (answer.kind !== 'ok' || !isLink(order)) link.at = now + growing(link.polls++);
  else if (order.is_expired || !(instant(order.expired_at) > now)) ended(desk, c, link.parts.map((each) => [each, 'expired']));
  else {
    const url = order.share_url ?? order.short_share_url;
    const seq = desk.messages.length + 1;
    const message = { seq, kind: 'link', case_id: c.id, person_ref: c.personRef, order_id: order.id, url, sent_at: text(now) };
    const urlHash = createHash('sha256').update(url).digest('hex');
    c.sent.push({ order_id: order.id, sent_at: text(now), person_ref: c.personRef, url_sha256: urlHash, live: true });
    Object.assign(link, { phase: 'sent', sentAt: now, expires: instant(order.expired_at), polls: 0, at: now + MINUTE });
    for (const each of link.parts) c.parts[each.emp].state = 'REAUTH_SENT';
    desk.messages.push(message);
    return desk.save(c, { [`message/${String(seq).padStart(9, '0')}`]: message }); // sent and recorded at once
  }
  desk.save(c);
}

async function poll(desk, c) {
  const { link } = c;
  const answer = await desk.truv.order(link.orderId);
  if (answer.kind === 'held' || c.link !== link || c.closed) return;
  const now = desk.clock.now;
  const over = [];
  link.refused = answer.kind === 'refused' ? link.refused + 1 : 0;
  if (link.refused > 1) over.push(...link.parts.map((each) => [each, `link_order_http_${answer.status}`]));
  for (const each of answer.kind === 'ok' ? link.parts : []) {
    const sub = suborderFor(answer.data, each, link.parts);
    const isRunning = sub?.tasks?.some((task) => ['new', 'login', 'mfa', 'parse', 'full_parse'].includes(task.status));
    if (sub?.status === 'completed') {
      const report = await desk.truv.report(answer.data, sub, c.product, link.since);
      if (report) each.holder ??= await desk.truv.holder(each.link); // some accounts show no data in orders
      if (c.closed) return;
      if (report) over.push([each, connected(desk, c, each, answer.data, sub, report)]);
    } else if (['no_data', 'error', 'skipped', 'expired', 'canceled'].includes(sub?.status)) over.push([each, sub.status]);
    else if (now >= link.expires + EXPIRY_SLACK && !(isRunning && now < link.expires + HOUR)) over.push([each, 'expired']);
  }
  ended(desk, c, over, answer.kind === 'refused');
  if (c.link) link.at = Math.min(now + growing(link.polls++, MINUTE, answer.kind === 'ok' ? HOUR : 10 * MINUTE), now < link.expires + EXPIRY_SLACK ? link.expires + EXPIRY_SLACK : Infinity);
  desk.save(c);
}

/** The suborder carries the id of the employer it is for; without names in the order, the one that was connected. */
function suborderFor(order, each, parts) {
  const named = order.employers.find((sub) => sub.suborder_number === each.emp);
  if (named || order.employers.some((sub) => parts.some((part) => part.emp === sub.suborder_number))) return named;
  const same = order.employers.find((sub) => each.link && sub.link_id === each.link) ?? order.employers.find((sub) => each.company && sub.company_name === each.company);
  return same ?? (parts.length === 1 ? order.employers.find((sub) => sub.status === 'completed') ?? order.employers[0] : undefined);
}

/** The person logged in: this order's data are the cycle's, and it is the source of the next. */
function connected(desk, c, each, order, sub, report) {
  const part = c.parts[each.emp];
  const companies = report.items.map((item) => item.company?.name?.toLowerCase()).filter(Boolean);
  if (each.company && companies.length && !companies.includes(each.company.toLowerCase())) return 'another_employer_connected';
  const holder = holderOf(report.items);
  if (each.holder && holder && each.holder !== holder) return 'another_account_connected';
  desk.ready(c, part, order.id, report);
  if (part.state !== 'READY') return part.reason;
  c.sources[order.id] = described(order);
  Object.assign(part, { order: order.id, sub: sub.id });
  desk.note(c, sub.link_id);
  for (const id of new Set([each.link, sub.link_id].filter(Boolean))) {
    const connection = desk.connection(id);
    connection.broken = null;
    desk.store.commit({ [`link/${id}`]: connection });
    wake(desk, c, id);
  }
  return 'connected';
}

/** End the offer for some employers; offer again within the bound, or hand them to a person. */
function ended(desk, c, over, forGood = false) {
  const { link } = c;
  for (const [each, ending] of over) {
    const part = c.parts[each.emp];
    const again = ['expired', 'skipped', 'error', 'link_order_not_made'].includes(ending) && part.offers <= REOFFERS && !forGood;
    if (again) ask(part, ending, Math.max(desk.clock.now, (link.sentAt ?? 0) + DAY + SECOND));
    else if (part.state !== 'READY') desk.manual(part, ending);
  }
  link.parts = link.parts.filter((each) => !over.some(([one]) => one === each));
  if (link.parts.length) return;
  for (const each of c.sent) each.live = false;
  c.link = null;
  wake(desk, c, null);
}

/** Wake cases that waited for this person's link: their connection may be healed by it, else it is their turn. */
function wake(desk, c, healed) {
  for (const other of desk.cases.values()) {
    for (const part of other === c ? [] : Object.values(other.parts ?? {})) {
      if (part.state !== 'REAUTH_NEEDED') continue;
      if (healed && desk.linkOf(other, part) === healed) Object.assign(part, { state: 'DUE', reason: null, dueAt: desk.clock.now });
      else if (!healed && other.personRef === c.personRef && !part.offers) part.offerAt = Math.min(part.offerAt, desk.clock.now);
      else continue;
      desk.save(other);
    }
  }
}

/** The case was closed: take the link back. */
export async function withdraw(desk, c) {
  const { link } = c;
  const answer = await desk.truv.call('POST', `/orders/${link.orderId}/cancel/`, {});
  if (answer.kind === 'held') return;
  if (answer.kind === 'unknown' && link.polls < 5) link.at = desk.clock.now + growing(link.polls++);
  else c.link = null;
  desk.save(c);
}
