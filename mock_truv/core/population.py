"""Cases that exist from the start of a scenario: people whose accounts were connected some time ago."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_truv.core import bridge, orders, progress, records, reports
from mock_truv.core.instants import SECOND_US, parse_duration
from mock_truv.core.logins import GOOD_PASSWORD
from mock_truv.core.model import Company, Login, SuborderStatus, Task, TaskStatus, User
from mock_truv.core.payroll import person_for_login
from mock_truv.core.sandbox_scenarios import credentials

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mock_truv.core.base import WorldBase
    from mock_truv.core.scenario import PersonRule

FIRST_NAMES = ("Marisol", "Deshawn", "Linh", "Inés", "Tomasz", "Aaliyah", "Kwame", "Siobhán", "Yusuf", "Mei", "Zoë")
LAST_NAMES = ("Quill", "Okafor", "Larkspur", "Brandt", "Nováková", "Ferreira", "Haddad", "Lindqvist", "Tran")


def settle_in(world: WorldBase, rules: Sequence[PersonRule]) -> None:
    """Make the cases of a scenario: a user, a completed order and a connection each, without any webhook."""
    for rule in rules:
        spread_us = 0 if rule.spread is None else parse_duration(rule.spread)
        for number in range(rule.count):
            ago_us = parse_duration(rule.connected_ago) + spread_us * number // rule.count
            with world.at(world.now_us - ago_us):
                _settle_one(world, rule, number)
    world.events.clear()  # what was there before did not happen now
    if rules:
        world.happened("population", world.state.scenario.name if world.state.scenario else "", str(len(rules)))


def _settle_one(world: WorldBase, rule: PersonRule, number: int) -> None:
    """Make one case as it was when its person connected the account. Shares are spread evenly over the rule's cases."""
    case = world.new_ordinal("case")
    user = User(
        id=world.new_id("user"),
        created_us=world.now_us,
        updated_us=world.now_us,
        external_user_id=f"client-{case:06d}",
        first_name=FIRST_NAMES[case % len(FIRST_NAMES)],
        last_name=LAST_NAMES[case % len(LAST_NAMES)],
    )
    world.state.users[user.id] = user
    world.state.users_by_external_id[f"client-{case:06d}"] = user.id
    order = orders.furnish(
        world,
        user,
        ["income"],
        first_name=user.first_name,
        last_name=user.last_name,
        order_number=f"CASE-{case:06d}",
    )
    suborder = orders.add_suborder(world, order, "income", Company())
    person = person_for_login(world.catalog.people, rule.login)
    assert person is not None, "a scenario is checked before it is put into force"
    typed = credentials(world.state.seed, rule.login, GOOD_PASSWORD)
    login = Login(username=rule.login, person=person.key, credentials=typed)
    token = world.state.tokens[suborder.bridge_token]
    link = bridge.new_link(world, token, login, rule.provider, suborder.company)
    link.connection.credentials_at_provider += _has_share(rule.password_changed, number)
    link.connection.locked = bool(_has_share(rule.locked, number))
    task = Task(
        id=world.new_id("task"),
        status=TaskStatus.DONE,
        product="income",
        provider_id=rule.provider,
        user_id=user.id,
        created_us=world.now_us - 8 * SECOND_US,
        updated_us=world.now_us,
        is_refresh=False,
        link_id=link.id,
        order_id=order.id,
        suborder_id=suborder.id,
        tracking_info=suborder.id,
        bridge_token=suborder.bridge_token,
        login=login,
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
