"""What a contract run is pointed at: a factory in a module or file, or a program that listens on loopback."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mock_truv.contract.errors import TargetError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mock_truv.contract.run.black_box import Target
    from mock_truv.contract.run.listener import Listener
    from mock_truv.contract.run.observe import Observed


@dataclass
class Subject:
    """An integrator to be judged."""

    name: str
    factory: Callable[[], Any]
    listener: Listener | None = None
    """Where a separate program reaches Truv; None: it is in this process."""
    target: Target | Observed | None = None
    """The program, where the run can end it."""

    def close(self) -> None:
        """End what was started for it."""
        if self.target is not None:
            self.target.kill()
        if self.listener is not None:
            self.listener.close()


def subject_of(target: str, *, start_command: str | None = None) -> Subject:
    """Return the subject of ``module:factory``, ``file.py:factory`` or ``http://127.0.0.1:PORT``.

    Raises:
        TargetError: It has neither form, or there is no such module, file or factory.
    """
    if target.startswith(("http://", "https://")):
        return _served(target, start_command)
    place, colon, name = target.rpartition(":")
    if not colon or not name.isidentifier():
        raise TargetError(
            f"{target!r} is no target; use module:factory, file.py:factory or http://127.0.0.1:PORT "
            "(mock-truv verify --scaffold python writes a first adapter)"
        )
    if start_command is not None:
        raise TargetError("--start-command starts a separate program; the target is then http://127.0.0.1:PORT")
    factory = getattr(_module(place), name, None)
    if not callable(factory):
        raise TargetError(f"{place} has no callable {name!r}; it takes nothing and returns a fresh integrator")
    return Subject(target, factory)


def _served(url: str, start_command: str | None) -> Subject:
    from mock_truv.contract.run.black_box import Target  # noqa: PLC0415 -- only for programs reached over HTTP
    from mock_truv.contract.run.listener import Listener  # noqa: PLC0415
    from mock_truv.contract.run.program import AdapterError  # noqa: PLC0415

    try:
        target = Target(url, start_command=start_command)
    except AdapterError as error:
        raise TargetError(str(error)) from None
    return Subject(url, target.factory, Listener(), target)


def _module(place: str) -> Any:
    if place.endswith(".py"):
        path = Path(place)
        if not path.is_file():
            raise TargetError(f"there is no file {place}")
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[path.stem] = module
        sys.path.insert(0, str(path.parent.absolute()))
        try:
            spec.loader.exec_module(module)
        except Exception as error:
            raise TargetError(f"{place} cannot be loaded: {type(error).__name__}: {error}") from error
        return module
    sys.path.insert(0, str(Path.cwd()))
    try:
        return importlib.import_module(place)
    except Exception as error:
        raise TargetError(f"the module {place!r} cannot be imported: {type(error).__name__}: {error}") from error
