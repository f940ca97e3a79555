"""What a run takes for each key: as written, or something else, and why."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from core import fields, trainers
from core.derive import QUANTITIES, TITLES, Derived
from core.document import ABSENT, Document, get, path_text
from core.fields import FieldSpec
from core.findings import Verdict
from core.reading.target import DEFAULT, Target
from core.reading.view import View, path_of
from core.trainers.base import Used, Why
from core.trainers.facts import Facts

WHYS: Final[dict[Why, str]] = {
    "written": "as written",
    "default": "the trainer's default",
    "override": "taken otherwise",
    "capped": "capped",
    "ignored": "no effect",
    "derived": "follows",
    "fixed": "can't be set",
    "stops": "stops the run",
}
"""How a value comes about, in words."""


@dataclass(frozen=True, slots=True)
class Effective:
    """What becomes of one key.

    Attributes:
        name: the field as people write it, a quantity of ``derive``, or an argument that the
            trainer hands to its libraries.
        section: the section that it belongs to; ``derived`` and ``fixed`` are sections here.
        title: the name in words.
        written: what the config says, or ``ABSENT``.
        used: what the run takes, or ``ABSENT`` for nothing.
        why: how that comes about.
        reason: the same in words; may be empty for what is taken as it is written.
        source: where the trainer does so.
    """

    name: str
    section: str
    title: str
    written: Any
    used: Any
    why: Why
    reason: str = ""
    source: str = ""

    @property
    def is_otherwise(self) -> bool:
        """Whether a run takes something else than what is written, or than what silence means."""
        return self.why in ("override", "capped", "ignored", "stops")

    def as_json(self) -> dict[str, Any]:
        """The entry as the command line prints it; what is absent is left out."""
        values = {"written": self.written, "used": self.used}
        there = {key: _plain(value) for key, value in values.items() if value is not ABSENT}
        return {
            "name": self.name,
            **there,
            "why": self.why,
            "reason": self.reason,
            "source": self.source,
        }


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def effective(document: Document, target: Target = DEFAULT) -> tuple[Effective, ...]:
    """What a run takes: each known key, what follows from them, and what nobody can set.

    Raises:
        UnknownTarget: the target's trainer, environment or machine is not there.
    """
    facts = Facts(document, trainers.setting(target))
    trainer = trainers.get(target.trainer)
    # The first word on a key counts: what overrides comes before what is fixed.
    taken: dict[str, Used] = {}
    for one in trainer.uses(facts):
        taken.setdefault(one.name, one)
    known = tuple(_known(facts.view, taken, trainer.judge(facts)))
    named = {entry.name for entry in known}
    return (
        *known,
        *_unknown(facts.view),
        *_derived(facts.derived),
        *(_fixed(one) for one in taken.values() if one.name not in named),
    )


def _known(view: View, taken: dict[str, Used], verdict: Verdict) -> Iterator[Effective]:
    stops = {blocker.path: blocker.message for blocker in verdict.blockers}
    for spec in fields.table().values():
        if spec.section == _TOOLS:
            continue
        entry = _entry(view, spec, taken.get(spec.name))
        if spec.path in stops:
            written, source = view.value(spec.name), view.profile.use(spec).source
            reason = stops[spec.path]
            yield Effective(
                spec.name, spec.section, spec.title, written, ABSENT, "stops", reason, source
            )
        elif entry is not None:
            yield entry
    yield from _tools(view, taken.get(_TOOLS), stops.get((_TOOLS,)))


_TOOLS: Final = "tools"


def _entry(view: View, spec: FieldSpec, own: Used | None) -> Effective | None:
    """What becomes of a field; ``None`` where it is absent and nothing stands in for it."""
    written, use = view.value(spec.name), view.profile.use(spec)
    ignored = use.ignored_for(view.method, lora=view.uses_lora)
    default = use.absent_for(view.method)

    def entry(used: Any, why: Why, reason: str = "", source: str = use.source) -> Effective:
        return Effective(spec.name, spec.section, spec.title, written, used, why, reason, source)

    if own and own.why != "fixed":
        return entry(own.value, own.why, own.reason, own.source)
    if ignored and written is not ABSENT:
        return entry(_instead(spec, own, default), "ignored", ignored)
    if own or ignored:
        # What is fixed and not written stands with all else that can't be set.
        return None
    if written is not ABSENT:
        return entry(written, "written")
    return None if default is None else entry(default, "default")


def _instead(spec: FieldSpec, own: Used | None, default: Any) -> Any:
    """What a run takes in the place of a value that it does not look at."""
    if own:
        return own.value
    # Nothing stands in for an adapter that is not there.
    return ABSENT if default is None or spec.use.only == "lora" else default


def _tools(view: View, own: Used | None, stop: str | None) -> Iterator[Effective]:
    tools = view.value(_TOOLS)
    if tools is ABSENT:
        return
    entry = Effective(_TOOLS, _TOOLS, "Tools", tools, tools, "written", source="train.py:84")
    if stop:
        entry = replace(entry, used=ABSENT, why="stops", reason=stop)
    elif own:
        used, why = own.value, own.why
        entry = replace(entry, used=used, why=why, reason=own.reason, source=own.source)
    yield entry


def _unknown(view: View) -> Iterator[Effective]:
    for path in view.unknown:
        name, written = path_text(path), get(view.document, path)
        reason = "the trainer knows no such key"
        yield Effective(name, str(path[0]), name, written, ABSENT, "ignored", reason)


def _derived(derived: Derived) -> Iterator[Effective]:
    for name in QUANTITIES:
        value = getattr(derived, name)
        reason = derived.notes.get(name) if value is None else derived.arithmetic.get(name)
        used = ABSENT if value is None else value
        yield Effective(name, "derived", TITLES[name], ABSENT, used, "derived", reason or "")


def _fixed(one: Used) -> Effective:
    spec = fields.find(path_of(one.name))
    title = spec.title if spec else one.name
    return Effective(one.name, "fixed", title, ABSENT, one.value, one.why, one.reason, one.source)
