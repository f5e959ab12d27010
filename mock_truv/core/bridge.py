"""What a person does in Bridge: log in at a provider, for an order, a suborder or a user's own token."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mock_truv.core import ids, orders, progress, records, sandbox_scenarios
from mock_truv.core.base import suborders
from mock_truv.core.befalling import befall
from mock_truv.core.connections import asks_code, judge_login, open_connection, renew
from mock_truv.core.errors import ExpiredToken, WrongInput
from mock_truv.core.instants import HOUR_US, text_z
from mock_truv.core.model import OPEN_SUBORDER, Company, Link, PublicToken, Task
from mock_truv.core.model import TaskStatus as S
from mock_truv.core.products import (
    PAYROLL,
    WITHOUT_WORK,
    default_provider,
    is_offered,
    missing_products,
    possible_sources,
    same_data,
    source_at,
)
from mock_truv.core.tasks import FINAL

if TYPE_CHECKING:
    from mock_truv.core.base import WorldBase
    from mock_truv.core.model import BridgeToken, Login, Order, Provider, Script, Suborder
    from mock_truv.core.sandbox_scenarios import LoginAttempt


class Ending(msgspec.Struct, frozen=True):
    """What Bridge tells the page when the person is done."""

    public_token: str | None
    link_id: str | None
    task_id: str
    status: S


class Target(msgspec.Struct, frozen=True):
    """What a login through a token is for: where the person logs in, and for which product."""

    order: Order | None
    suborder: Suborder | None
    """None: of a user's own token, or one that the order gets by this login."""
    repaired: Link | None
    """The link that a token made in update mode repairs."""
    product: str
    data_source: str
    provider: Provider


def complete(world: WorldBase, token: BridgeToken, login: Login, *, provider_id: str | None,
             company: Company | None) -> Ending:  # fmt: skip
    """Let a person log in through a bridge token. The login is judged now; states and webhooks follow on the clock.

    Raises:
        ExpiredToken: The token is older than its 6 hours.
        WrongInput: The order is over, has nothing open, or the provider is unknown or has not what the token is for.
    """
    target = find_target(world, token, provider_id)
    order, suborder = target.order, target.suborder
    provider = target.provider
    works = target.data_source not in WITHOUT_WORK
    company = (company or (suborder.company if suborder else None) if works else None) or Company()
    if order is not None and suborder is None:
        suborder = orders.add_suborder(world, order, target.product, company)
    link = target.repaired or _known_link(world, token.user_id, target, login, company)
    script = sandbox_scenarios.script_of(world.state.sandbox_scenarios.get(login.sandbox_scenario or ""))
    verdict = judge_login(login, link.connection if link else None, provider, world.now_us)
    if verdict is S.LOGIN and not is_offered(world.catalog, provider.id, target.product):
        verdict = S.NOT_SUPPORTED
    verdict = sandbox_scenarios.after_login(script, verdict)
    code_asked = asks_code(login, link.connection if link else None, provider)
    if verdict is S.LOGIN:
        if link is None:
            link = new_link(world, token, login, provider.id, company, script, target)
            befall(world, link, first=True)
        else:
            renew(link.connection, provider, world.now_us, world.state.profile.oauth_days)
            befall(world, link, first=False)
            link.credentials = login.credentials
            _allow(world, link, target.product)
        if order is not None and order.user_consent_us is None:
            order.user_consent_us = world.now_us
    task = _start_task(world, token, login, target, link, suborder, script)
    task.verdict, task.code_asked = verdict, code_asked
    if verdict is not S.LOGIN or link is None:
        return Ending(None, link.id if link else None, task.id, verdict)
    if suborder is not None:
        suborder.link_id = link.id
        if works:
            suborder.company = msgspec.structs.replace(suborder.company, mapping_id=company.mapping_id)
    return Ending(_new_public_token(world, link, token.tracking_info), link.id, task.id, S.LOGIN)


def attempt(world: WorldBase, token: BridgeToken, login: Login, *, provider_id: str | None,
            mapping_id: str | None) -> LoginAttempt:  # fmt: skip
    """Return a login through a bridge token as sandbox scenarios are matched with it. Changes nothing.

    Raises:
        ExpiredToken: The token is older than its 6 hours.
        WrongInput: The order is over, has nothing open, or the provider is unknown or has not what the token is for.
    """
    target = find_target(world, token, provider_id)
    user = world.state.users[token.user_id]
    employer = world.catalog.employer(mapping_id or token.company_mapping_id or "")
    domain = employer["domain"] if employer else target.suborder.company.domain if target.suborder else None
    return sandbox_scenarios.LoginAttempt(
        data_source=target.data_source,
        product=target.product,
        username=login.username,
        credentials=login.credentials,
        provider_id=target.provider.id,
        company_domain=None if target.data_source in WITHOUT_WORK else domain,
        first_name=user.first_name,
        last_name=user.last_name,
    )


def exchange(world: WorldBase, token: PublicToken) -> Link:
    """Exchange a public token for its link, once (link_exchange_token_flow).

    Raises:
        ExpiredToken: It was used before or is too old.
    """
    if token.used:
        raise ExpiredToken("The public token was exchanged before; it can be used once")
    ends_us = token.created_us + world.state.profile.public_token_hours * HOUR_US
    if world.now_us >= ends_us:
        raise ExpiredToken(f"The public token expired at {text_z(ends_us)}")
    token.used = True
    return world.state.links[token.link_id]


def find_target(world: WorldBase, token: BridgeToken, provider_id: str | None) -> Target:
    """Return what a login through a token, at a provider or at the usual one, is for. Changes nothing.

    Of several things that an order still needs it is the first one that the provider has, if possible as its usual
    source (inferred).

    Raises:
        ExpiredToken, WrongInput: As for ``complete``.
    """
    order, choices = _choices(world, token)
    repaired = _repaired(world, token)
    if repaired is not None:
        provider = world.state.providers[repaired.provider_id]
        return Target(order, None, repaired, token.product, repaired.data_source, provider)
    named = provider_id or token.provider_id
    if named is not None and named not in world.state.providers:
        known = ", ".join(sorted(world.state.providers))
        raise WrongInput(("provider_id", f"No provider has the id {named!r}; known are: {known}"))
    found: list[tuple[tuple[bool, bool], Target]] = []
    for suborder, product in choices:
        sources = possible_sources(product, suborder.data_sources if suborder else token.data_sources)
        ident = named or (suborder.provider_id if suborder else None)
        provider = world.state.providers[ident or default_provider(sources[0], world.state.providers)]
        source = source_at(provider, sources)
        if source is not None:
            odd = (not is_offered(world.catalog, provider.id, product), source != sources[0])
            found.append((odd, Target(order, suborder, None, product, source, provider)))
    if found:
        return min(found, key=lambda each: each[0])[1]
    wanted = " or ".join(dict.fromkeys(product for _, product in choices))
    raise WrongInput(("provider_id", f"{provider.name} has {provider.data_source}, and no {wanted}; name another one"))


def _choices(world: WorldBase, token: BridgeToken) -> tuple[Order | None, list[tuple[Suborder | None, str]]]:
    """Return what may be connected through a token, each thing with its product; at least one.

    Through an order's own token that is what is open, and each product of which it has no suborder yet (inferred).

    A user's token lives 6 hours (documented). An order's tokens live as long as its link: the page behind the link
    is taken to renew its token whenever the person opens it (assumed).
    """
    if token.order_id is None:
        ends_us = token.created_us + world.state.profile.bridge_token_hours * HOUR_US
        if world.now_us >= ends_us:
            raise ExpiredToken(f"The bridge token expired at {text_z(ends_us)}; create a new one")
        return None, [(None, token.product)]
    order = world.state.orders[token.order_id]
    orders.check_open(order, world.now_us)
    mine = suborders(order)
    waiting = [each for each in mine if each.status in OPEN_SUBORDER and not _runs(world, each)]
    if token.suborder_id is not None:
        waiting = [each for each in waiting if each.id == token.suborder_id]
    choices: list[tuple[Suborder | None, str]] = [(each, each.product) for each in waiting]
    if token.suborder_id is None:
        choices += [(None, product) for product in missing_products(order.products, [each.product for each in mine])]
    if not choices:
        raise WrongInput(("bridge_token", "Nothing of this order is open to connect; create a new order"))
    return order, choices


def _runs(world: WorldBase, suborder: Suborder) -> bool:
    """Return whether a login or refresh of a suborder is under way and may still complete it."""
    return suborder.link_id is not None and any(
        world.state.tasks[task_id].status not in FINAL for task_id in suborder.task_ids
    )


def _repaired(world: WorldBase, token: BridgeToken) -> Link | None:
    """Return the link that a token made in update mode is to repair."""
    link_id = world.state.access_tokens.get(token.access_token or "")
    return world.state.links[link_id] if link_id else None


def _known_link(world: WorldBase, user_id: str, target: Target, login: Login, company: Company) -> Link | None:
    """Return the link that the same person, provider and login already have (data structure page).

    Links of different employers stay apart, so that one test login can serve several employers of an order (assumed).
    """
    same = [
        link
        for link in (world.state.links[link_id] for link_id in world.state.users[user_id].link_ids)
        if link.deleted_us is None and link.username == login.username and link.provider_id == target.provider.id
    ]
    name = (company.name or "").casefold()
    matching = [
        link
        for link in same
        if name in {"", (link.company.name or "").casefold()}
        or any((it.employer or "").casefold() == name for it in records.shown(world, link))
    ]
    return matching[-1] if matching else None


def _allow(world: WorldBase, link: Link, product: str) -> None:
    """Let a link that is used for one more product be refreshed for it, too (assumed)."""
    if product not in link.allowed_products and not any(same_data(product, each) for each in link.allowed_products):
        link.allowed_products = [*link.allowed_products, product]
        world.touch(link)


def new_link(world: WorldBase, token: BridgeToken, login: Login, provider_id: str, company: Company,
             script: Script | None = None, target: Target | None = None) -> Link:  # fmt: skip
    """Make the link of a first login that holds; without a ``target`` it is one to payroll."""
    assert login.person is not None, "a login that holds opens somebody's records"
    ordinal = world.new_ordinal("link")
    link_id = ids.identifier(world.state.seed, "link", ordinal)
    user = world.state.users[token.user_id]
    person = world.catalog.people[login.person]
    product = target.product if target else token.product
    source = target.data_source if target else PAYROLL
    link = Link(
        id=link_id,
        access_token=world.new_id("access-token"),
        link_hash=ids.identifier(world.state.seed, "credentials", f"{user.id} {provider_id} {login.username}"),
        user_id=user.id,
        provider_id=provider_id,
        username=login.username,
        person=login.person,
        variation=ids.number(world.state.seed, "variation", user.id, 201) - 100,
        history_since=records.history_start(world),
        product=product,
        status=S.NEW,
        created_us=world.now_us,
        updated_us=world.now_us,
        connection=open_connection(
            world.state.providers[provider_id], login, world.now_us, world.state.profile.oauth_days
        ),
        company=company,
        profile_overrides={
            name: value for name in ("first_name", "last_name", "email") if (value := getattr(user, name))
        },
        data_source=source,
        allowed_products=token.allowed_products or [product],
        tracking_info=token.tracking_info or token.suborder_id,
        is_suspicious=source not in WITHOUT_WORK and records.does_not_match(person, user),
        credentials=login.credentials,
    )
    records.take_over(world, link, script)
    world.state.links[link_id] = link
    world.state.access_tokens[link.access_token] = link_id
    user.link_ids.append(link_id)
    world.happened("link", link_id, "made", link_id=link_id)
    return link


def _start_task(world: WorldBase, token: BridgeToken, login: Login, target: Target, link: Link | None,
                suborder: Suborder | None, script: Script | None) -> Task:  # fmt: skip
    task = Task(
        id=world.new_id("task"),
        status=S.NEW,
        product=target.product,
        provider_id=target.provider.id,
        user_id=token.user_id,
        created_us=world.now_us,
        updated_us=world.now_us,
        is_refresh=False,
        link_id=link.id if link else None,
        order_id=target.order.id if target.order else None,
        suborder_id=suborder.id if suborder else None,
        tracking_info=suborder.id if suborder else token.tracking_info,
        bridge_token=token.token,
        data_source=target.data_source,
        is_suspicious=(link is not None and link.is_suspicious) or records.flagged(script),
        login=login,
        script=script,
        account=suborder.account if suborder else token.account,
    )
    if suborder is not None:
        suborder.task_ids.append(task.id)
    progress.start(world, task)
    return task


def _new_public_token(world: WorldBase, link: Link, tracking_info: str | None) -> str:
    token = world.new_id("public-token")
    world.state.public_tokens[token] = PublicToken(
        token=token, link_id=link.id, created_us=world.now_us, tracking_info=tracking_info
    )
    return token
