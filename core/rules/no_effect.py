"""Keys that are there and that the method's training does not look at."""

from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from core import fields
from core.document import ABSENT, get
from core.facts import Facts
from core.fields import FieldSpec
from core.findings import Finding
from core.rules.wording import info


def _ignored_keys(facts: Facts) -> Iterator[Finding]:
    view = facts.view
    if not (view.is_dpo or view.is_supervised):
        return
    for spec, reason in _ignored("dpo" if view.is_dpo else "sft"):
        if get(view.document, spec.path) is not ABSENT:
            yield info(
                f"deadkey.{spec.name}",
                spec.path,
                f"{spec.title} has no effect: {reason}.",
                "Leave it for another trainer, or remove it.",
            )


@cache
def _ignored(method: Any) -> tuple[tuple[FieldSpec, str], ...]:
    reasons = ((spec, spec.ignored(method)) for spec in fields.table().values())
    return tuple((spec, reason) for spec, reason in reasons if reason)


RULES: Final = (_ignored_keys,)
