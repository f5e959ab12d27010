"""What a typed test login means. The password is looked at here and goes no further.

Source: the sandbox test credentials (``goodlogin``/``goodpassword``, ``mfa``, ``longcheck``, ``error.user`` with the
wanted status as password); any other pair is a failed login. Before them come the client's own sandbox scenarios.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mock_truv.core import bridge
from mock_truv.core.errors import ApiError
from mock_truv.core.instants import SECOND_US
from mock_truv.core.model import Login
from mock_truv.core.model import TaskStatus as S
from mock_truv.core.payroll import person_for_login
from mock_truv.core.sandbox_scenarios import answers, asked_challenges, choose, credentials
from mock_truv.core.tasks import ERRORS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mock_truv.core.base import WorldBase
    from mock_truv.core.model import SandboxScenario
    from mock_truv.core.payroll import Person

GOOD_PASSWORD = "goodpassword"  # noqa: S105 -- the public test password of the service's sandbox
RIGHT_CODE = "12345"
LONG_CHECK_SECONDS = 60
"""The extra wait of ``longcheck`` (its length is not documented: assumed)."""
DEFAULT_LOGIN = "goodlogin"
"""Whose records a sandbox scenario without data of its own opens."""


def typed(world: WorldBase, token: str, username: str, password: str, code: str | None, *,
          provider_id: str | None = None, company_mapping_id: str | None = None) -> Login:  # fmt: skip
    """Return what a login means that is typed at Bridge now: that of the sandbox scenario it hits, else the built-in.

    To be asked before the command is given, so that no journal sees the password. Changes nothing.
    """
    login = meaning(world.catalog.people, username, password, code)
    login = msgspec.structs.replace(login, credentials=credentials(world.state.seed, username, password))
    opened = world.state.tokens.get(token)
    if opened is None or not world.state.sandbox_scenarios:
        return login
    try:
        attempt = bridge.attempt(world, opened, login, provider_id=provider_id, mapping_id=company_mapping_id)
    except ApiError:
        return login  # the command will be refused for the same reason
    hit = choose(world.state.sandbox_scenarios.values(), attempt, world.state.seed)
    return login if hit is None else _as_defined(world.catalog.people, hit, login, code)


def _as_defined(people: Mapping[str, Person], hit: SandboxScenario, login: Login, code: str | None) -> Login:
    """Return the meaning that a sandbox scenario gives a login."""
    person = person_for_login(people, login.username) or person_for_login(people, DEFAULT_LOGIN)
    challenges = asked_challenges(hit)
    answer = login.code
    if challenges and code is not None:
        answer = "right" if answers(challenges, code) else "wrong"
    return Login(
        username=login.username,
        person=None if person is None else person.key,
        asks_code=bool(challenges) or hit.behavior_status is S.MFA_ERROR,
        code=answer,
        credentials=login.credentials,
        sandbox_scenario=hit.id,
    )


def meaning(people: Mapping[str, Person], username: str, password: str, code: str | None) -> Login:
    """Return what ``username`` and ``password``, with a second factor or none, mean."""
    typed = "missing" if code is None else "right" if code == RIGHT_CODE else "wrong"
    if username == "error.user":
        wanted = password if password in ERRORS else "login_error"
        return Login(username=username, wanted_status=wanted, code=typed)
    person = person_for_login(people, username)
    if person is not None and password == GOOD_PASSWORD:
        return Login(username=username, person=person.key, code=typed)
    if person is not None and username == "goodlogin" and password == "mfa":  # noqa: S105
        return Login(username=username, person=person.key, asks_code=True, code=typed)
    if person is not None and username == "goodlogin" and password == "longcheck":  # noqa: S105
        return Login(username=username, person=person.key, code=typed, extra_wait_us=LONG_CHECK_SECONDS * SECOND_US)
    return Login(username=username, code=typed)
