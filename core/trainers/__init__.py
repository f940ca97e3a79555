"""The programs that read a config, and what each would do with it: one module per trainer.

A module of this package that has a ``TRAINER`` is one; nothing else has to know of it.
"""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

from core.errors import UnknownTarget
from core.findings import Verdict
from core.reading.target import DEFAULT, Setting, Target, parse_target
from core.reading.wording import shown
from core.trainers.base import Trainer
from core.trainers.facts import Facts

__all__ = ["Trainer", "every", "get", "judge", "known", "setting"]


def every() -> Mapping[str, Trainer]:
    """All trainers by name, the first one first."""
    return _trainers()


def get(name: str) -> Trainer:
    """The trainer of that name.

    Raises:
        UnknownTarget: there is none.
    """
    if name not in _trainers():
        known = ", ".join(_trainers())
        raise UnknownTarget(f"There is no trainer {shown(name)}; choose one of: {known}.")
    return _trainers()[name]


@cache
def setting(target: Target) -> Setting:
    """Trainer, libraries and machine that a target names.

    Raises:
        UnknownTarget: any of them is not there.
    """
    return get(target.trainer).setting(target)


def known(text: str) -> Target:
    """The target that a saved text names, or the default where it names none that is there.

    It may have been saved by a newer version of this program.
    """
    try:
        target = parse_target(text)
        setting(target)
    except UnknownTarget:
        return DEFAULT
    return target


def judge(facts: Facts) -> Verdict:
    """What the trainer that the facts are for would do with the file."""
    return get(facts.setting.target.trainer).judge(facts)


@cache
def _trainers() -> Mapping[str, Trainer]:
    modules = (import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__))
    found = (getattr(module, "TRAINER", None) for module in modules)
    return MappingProxyType({one.name: one for one in found if one is not None})
