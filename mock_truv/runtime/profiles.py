"""Profiles by name or from a file, for the command line and the control API."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import msgspec

from mock_truv.api.parsing import parse_value
from mock_truv.core.errors import WrongInput
from mock_truv.core.profile import PRESETS, Profile, preset


class ProfileError(Exception):
    """The profile is neither a name nor a readable file; the message says what is wrong."""


def load_profile(name: str) -> Profile:
    """Return the preset called ``name``, or the knobs of a TOML file, which may begin with ``preset = "NAME"``.

    Raises:
        ProfileError: There is no such preset or file, or a knob is wrong.
    """
    if name in PRESETS:
        return preset(name)
    path = Path(name)
    if not path.is_file():
        raise ProfileError(f"there is no profile {name!r} and no such file; profiles are {', '.join(PRESETS)}")
    try:
        return profile_of(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProfileError(f"{path}: {error}") from None
    except WrongInput as error:
        problems = (error.extra or {})["invalid-params"]
        raise ProfileError(f"{path}: " + "; ".join(f"{it['field']}: {it['message']}" for it in problems)) from None


def profile_of(value: str | dict[str, Any]) -> Profile:
    """Return the profile of a preset's name, or of an object of knobs with an optional ``preset`` to start from.

    Raises:
        WrongInput: Every wrong knob, or an unknown preset.
    """
    knobs = {"preset": value} if isinstance(value, str) else dict(value)
    name = knobs.pop("preset", "documented")
    if name not in PRESETS:
        raise WrongInput(("preset", f"There is no profile {name!r}; use one of {', '.join(PRESETS)}"))
    base: dict[str, Any] = msgspec.to_builtins(preset(name))
    return parse_value(base | knobs, Profile)
