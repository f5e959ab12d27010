"""What a typed test login means. The password is looked at here and goes no further.

Source: the sandbox test credentials (``goodlogin``/``goodpassword``, ``mfa``, ``longcheck``, ``error.user`` with the
wanted status as password); any other pair is a failed login.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_truv.core.instants import SECOND_US
from mock_truv.core.model import Login
from mock_truv.core.payroll import person_for_login
from mock_truv.core.tasks import ERRORS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mock_truv.core.payroll import Person

GOOD_PASSWORD = "goodpassword"  # noqa: S105 -- the public test password of the service's sandbox
RIGHT_CODE = "12345"
LONG_CHECK_SECONDS = 60
"""The extra wait of ``longcheck`` (its length is not documented: assumed)."""


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
