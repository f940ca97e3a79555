"""Derived numbers, settings and templates as text to read; settings as a page in Markdown too."""

from collections.abc import Iterable
from typing import Any, Final

from core import fields
from core.config import TrainingConfig
from core.derive import QUANTITIES, Derived
from core.document import write
from core.fields import FieldSpec
from core.output.text import code_span, markdown_table, quantity_text, table
from core.presets import Preset
from core.schema import no_effect


def derived_text(derived: Derived) -> str:
    """The derived numbers as a table: name, value, and how it comes about or why it is unknown."""
    return table(
        (name, quantity_text(getattr(derived, name)), _reason(name, derived)) for name in QUANTITIES
    )


def _reason(name: str, derived: Derived) -> str:
    return "; ".join(filter(None, (derived.arithmetic.get(name), derived.notes.get(name))))


def fields_text() -> str:
    """All known keys as a table: name, what the trainer uses where it is absent, what it takes."""
    specs = fields.table().values()
    head = ("key", "where absent", "takes")
    return table([head, *((spec.name, _where_absent(spec), spec.wants()) for spec in specs)])


_FIELDS_INTRO: Final = """\
# Fields

Every key that Tunesmith knows. Other keys are kept as they are and pointed out. "Where absent" is
what Tiny Tool Use does when the key is not there.

This page is generated: `python -m core fields --markdown > docs/fields.md`.
"""


def fields_markdown() -> str:
    """The reference page of all known keys."""
    return _FIELDS_INTRO + "".join(map(_section_markdown, TrainingConfig.model_fields))


def _section_markdown(section: str) -> str:
    head = ["Key", "Name in the form", "Takes", "Where absent", "What it does"]
    lines = (
        [
            code_span(spec.name),
            spec.title,
            _takes(spec),
            _where_absent(spec, code=True),
            _does(spec),
        ]
        for spec in fields.in_section(section)
    )
    return f"\n## {section}\n\n{markdown_table(head, lines)}"


def _takes(spec: FieldSpec) -> str:
    unit = f", in {spec.use.unit}" if spec.use.unit else ""
    return ", ".join(map(code_span, spec.choices)) if spec.choices else spec.wants() + unit


def _does(spec: FieldSpec) -> str:
    return " ".join([spec.help, *no_effect(spec)]).replace("|", r"\|")


def _where_absent(spec: FieldSpec, *, code: bool = False) -> str:
    if spec.required:
        return "required"
    show = code_span if code else str
    used = {method: spec.absent(method) for method in ("sft", "dpo")}
    shown = {method: show(_one_line(value)) for method, value in used.items() if value is not None}
    if len(set(shown.values())) == 1 and len(shown) == 2:
        return shown["sft"]
    return ", ".join(f"{value} ({method})" for method, value in shown.items())


def _one_line(value: Any) -> str:
    return write(value).strip()


def presets_text(presets: Iterable[Preset]) -> str:
    """Presets as a table: id, origin and summary."""
    return table((preset.id, preset.origin, preset.summary) for preset in presets)
