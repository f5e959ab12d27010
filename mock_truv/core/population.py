"""Cases that exist from the start of a scenario: people whose accounts were connected some time ago."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mock_truv.core import bridge, orders, payroll, progress, records, reports
from mock_truv.core.befalling import befall
from mock_truv.core.instants import SECOND_US, date_of, parse_duration
from mock_truv.core.logins import GOOD_PASSWORD
from mock_truv.core.model import Company, Login, SuborderStatus, Task, TaskStatus, User
from mock_truv.core.sandbox_scenarios import credentials

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mock_truv.core.base import WorldBase
    from mock_truv.core.model import Link, Order, Suborder
    from mock_truv.core.scenario import PersonRule

FIRST_NAMES = ("Marisol", "Deshawn", "Linh", "Inés", "Tomasz", "Aaliyah", "Kwame", "Siobhán", "Yusuf", "Mei", "Zoë")
LAST_NAMES = ("Quill", "Okafor", "Larkspur", "Brandt", "Nováková", "Ferreira", "Haddad", "Lindqvist", "Tran")
VARIATIONS = 201
"""So many variations of a person's pay there are, from -100 to 100."""
VARIATION_STEP = 37
"""From one employer of a case to the next; prime to their number, so that no two employers of a case pay alike."""


@dataclass(frozen=True, slots=True)
class Account:
    """What the person of a case connects for one employer."""

    login: Login
    provider_id: str
    company: Company
    place: int
    """0 for the first employer of the case."""


def settle_in(world: WorldBase, rules: Sequence[PersonRule]) -> None:
    """Make the cases of a scenario: a user, a completed order and its connections each, without any webhook.

    What the scenario lets befall connections has befallen these where its time lies in the past.
    """
    for rule in rules:
        spread_us = 0 if rule.spread is None else parse_duration(rule.spread)
        head: User | None = None
        for number in range(rule.count):
            ago_us = parse_duration(rule.connected_ago) + spread_us * number // rule.count
            with world.at(world.now_us - ago_us):
                user, made = _settle_one(world, rule, number, head)
            for link in made:
                befall(world, link, first=True)
            head = head or user
    world.events.clear()  # what was there before did not happen now
    if rules:
        world.happened("population", world.state.scenario.name if world.state.scenario else "", str(len(rules)))


def problems(world: WorldBase, rules: Sequence[PersonRule]) -> Iterator[tuple[str, str]]:
    """Yield (field, what is wrong) of every login that nobody has, and of every time before its person's first pay."""
    people = {name: person for person in world.catalog.people.values() for name in person.usernames}
    for at, rule in enumerate(rules):
        for field, login in _logins(rule):
            person = people.get(login)
            if person is None:
                known = ", ".join(sorted(people))
                yield f"person[{at}].{field}", f"Nobody has the login {login!r}; known are: {known}"
                continue
            ago_us = parse_duration(rule.connected_ago) + (0 if rule.spread is None else parse_duration(rule.spread))
            earliest = min(job.start_date for job in person.jobs)
            if date_of(world.now_us - ago_us) < earliest:
                text = f"Must not go back before {earliest}, when the first job of {login!r} begins"
                yield f"person[{at}].connected_ago", f"{text}; got {rule.connected_ago!r}"


def _logins(rule: PersonRule) -> list[tuple[str, str]]:
    """Return (field, login) of the logins that a rule's cases use."""
    return [(f"logins[{at}]", login) for at, login in enumerate(rule.logins)] or [("login", rule.login)]


def _settle_one(world: WorldBase, rule: PersonRule, number: int, head: User | None) -> tuple[User, list[Link]]:
    """Make one case as it was when its person connected the accounts; return the connections made for it.

    ``head`` is the user of the rule's first case. Shares are spread evenly over the rule's connections.
    """
    case = world.new_ordinal("case")
    shared = head if rule.household else None
    user = shared or _new_user(world, case, head if rule.same_name else None)
    order = orders.furnish(
        world,
        user,
        [rule.product],
        first_name=user.first_name or "",
        last_name=user.last_name or "",
        order_number=rule.order_number or f"CASE-{case:06d}",
    )
    made: list[Link] = []
    known = [] if shared is None else [world.state.links[link_id] for link_id in shared.link_ids]
    for account in _accounts(world, rule, case):
        company = known[account.place].company if known else account.company
        suborder = orders.add_suborder(world, order, rule.product, company)
        if known:
            link = known[account.place]
        else:
            link = _connect(world, account, suborder)
            ordinal = number * rule.employers + account.place
            link.connection.credentials_at_provider += _has_share(rule.password_changed, ordinal)
            link.connection.locked = bool(_has_share(rule.locked, ordinal))
            made.append(link)
        _complete(world, order, suborder, link, account)
    return user, made


def _new_user(world: WorldBase, case: int, namesake: User | None) -> User:
    user = User(
        id=world.new_id("user"),
        created_us=world.now_us,
        updated_us=world.now_us,
        external_user_id=f"client-{case:06d}",
        first_name=namesake.first_name if namesake else FIRST_NAMES[case % len(FIRST_NAMES)],
        last_name=namesake.last_name if namesake else LAST_NAMES[case % len(LAST_NAMES)],
    )
    world.state.users[user.id] = user
    world.state.users_by_external_id[f"client-{case:06d}"] = user.id
    return user


def _accounts(world: WorldBase, rule: PersonRule, case: int) -> Iterator[Account]:
    """Yield what a case's person connects: no two for the same employer.

    The jobs that the person of a login has by then come first; beyond them, and where an employer was had already, the
    person's pay is carried at another employer of the catalog (``records.jobs_at``).
    """
    used: set[str] = set()
    employers = world.catalog.employers
    for place in range(rule.employers):
        username = rule.logins[place % len(rule.logins)] if rule.logins else rule.login
        person = payroll.person_for_login(world.catalog.people, username)
        assert person is not None, "a scenario is checked before it is put into force"
        typed = credentials(world.state.seed, username, GOOD_PASSWORD)
        company = Company()
        if rule.employers > 1:
            begun = payroll.jobs_known(person, date_of(world.now_us))
            names = [job.employer.name for job in begun if job.employer.name not in used]
            if names:
                company = Company(name=names[0])
            else:
                turned = (employers[(case + at) % len(employers)] for at in range(len(employers)))
                found = next(each for each in turned if each["name"] not in used)
                company = Company(name=found["name"], domain=found["domain"], address=dict(found["address"]))
            used.add(company.name or "")
        yield Account(
            login=Login(username=username, person=person.key, credentials=typed),
            provider_id=rule.providers[place % len(rule.providers)] if rule.providers else rule.provider,
            company=company,
            place=place,
        )


def _connect(world: WorldBase, account: Account, suborder: Suborder) -> Link:
    """Make the connection of an account as its first login left it."""
    token = world.state.tokens[suborder.bridge_token]
    link = bridge.new_link(world, token, account.login, account.provider_id, account.company)
    link.variation = (link.variation + 100 + VARIATION_STEP * account.place) % VARIATIONS - 100
    return link


def _complete(world: WorldBase, order: Order, suborder: Suborder, link: Link, account: Account) -> None:
    """Let a login have read the data of a connection, whereby its suborder and then its order were completed."""
    task = Task(
        id=world.new_id("task"),
        status=TaskStatus.DONE,
        product=suborder.product,
        provider_id=link.provider_id,
        user_id=order.user_id,
        created_us=world.now_us - 8 * SECOND_US,
        updated_us=world.now_us,
        is_refresh=False,
        link_id=link.id,
        order_id=order.id,
        suborder_id=suborder.id,
        tracking_info=suborder.id,
        bridge_token=suborder.bridge_token,
        login=account.login,
        verdict=TaskStatus.LOGIN,
        path=[TaskStatus.DONE],
        path_us=[world.now_us],
    )
    world.state.tasks[task.id] = task
    link.connected, link.status, link.last_task_id = True, TaskStatus.DONE, task.id
    link.read_us = world.now_us
    link.statement_counts = records.statement_counts(world, link, world.now_us)
    suborder.task_ids.append(task.id)
    suborder.link_id = link.id
    suborder.status = SuborderStatus.COMPLETED
    suborder.path.append(SuborderStatus.COMPLETED)
    suborder.path_us.append(world.now_us)
    suborder.completed_us = order.completed_us = world.now_us
    progress.fill_company(world, link, suborder)
    order.voie_report_id = reports.latest_changed(world, link, task)


def _has_share(share: float, number: int) -> int:
    """Return 1 for a ``share`` of all numbers, evenly spread, else 0."""
    return int((number + 1) * share) - int(number * share)
