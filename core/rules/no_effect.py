"""Keys that are there and that the method's training does not look at."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final

from core import fields
from core.document import Path
from core.fields import FieldSpec
from core.findings import Finding
from core.reading.profile import Profile
from core.reading.wording import info
from core.trainers.facts import Facts


def _ignored_keys(facts: Facts) -> Iterator[Finding]:
    view = facts.view
    if not (view.is_dpo or view.is_supervised):
        return
    ignored = _ignored(view.profile, "dpo" if view.is_dpo else "sft", view.uses_lora)
    for section, keys in view.document.items():
        for key in keys if isinstance(keys, dict) else ():
            if found := ignored.get((section, key)):
                spec, reason = found
                yield info(
                    f"deadkey.{spec.name}",
                    spec.path,
                    f"{spec.title} has no effect: {reason}.",
                    "Leave it for another trainer, or remove it.",
                )


@cache
def _ignored(profile: Profile, method: str, lora: bool) -> Mapping[Path, tuple[FieldSpec, str]]:
    """The keys that one loop does not look at, with the reason."""
    specs = fields.table().values()
    reasons = ((spec, profile.ignored(spec, method, lora=lora)) for spec in specs)
    return {spec.path: (spec, reason) for spec, reason in reasons if reason}


RULES: Final = (_ignored_keys,)
