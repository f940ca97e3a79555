"""The field table as widgets: one section, one expander, one fragment.

A widget shows what the document holds at its path and writes back what the user types, parsed or
not: an unfinished value stays in the document as text until it is mended.
"""

import json
import math
import re
from collections.abc import Sequence
from functools import partial
from typing import Any

import streamlit as st

from core.document import (
    ABSENT,
    MAX_INTEGER,
    Path,
    get,
    number_text,
    parse_value,
    write,
)
from core.drafts.draft import follows_model, with_value
from core.errors import DocumentError, PathError
from core.fields import FieldSpec
from core.findings import Finding
from ui import session
from ui.draft.actions import apply_fix, open_draft, refresh
from ui.insight import Insight, belongs_to_field
from ui.parts import Part, place
from ui.text import BLOCKED, MARKS, fix_text, plain, value_text

COLUMNS = 3
# Pixels: a number field with its buttons, and "Gradient accumulation (batches)" on two lines.
COLUMN_WIDTH = 165

_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*")


def field_grid(specs: Sequence[FieldSpec], paths: Sequence[Path], *, inside: str) -> None:
    """Draw fields in as many columns as fit, each with what there is to say about it below.

    Args:
        specs: what is known of the fields.
        paths: where each of them stands in the document.
        inside: the name of the part of the page that they stand in.
    """
    if not specs:
        return
    with st.grid(COLUMNS, min_column_width=COLUMN_WIDTH, gap="xsmall"):
        for spec, path in zip(specs, paths, strict=True):
            place(field_part(spec, path, inside))


def field_part(spec: FieldSpec, path: Path, inside: str) -> Part:
    """One field as a part of the page that stands inside another one."""
    name = ".".join((inside, *map(str, path)))
    return Part(name, partial(field, spec, path), partial(_shows, spec, path))


def _shows(spec: FieldSpec, path: Path) -> object:
    """What stands at a field beside the value, which its widget shows as it is typed."""
    insight = session.insight()
    value = get(insight.draft.document, path)
    return (
        widget_kind(spec, value),
        _notes(spec, path, value, insight),
        _placeholder(spec),
        insight.draft.pending.get(path),
        [(finding, _blocks(finding, insight)) for finding in _said(path, insight)],
    )


def field(spec: FieldSpec, path: Path) -> None:
    """Draw one field: its widget, its notes and its findings."""
    insight = session.insight()
    value = get(insight.draft.document, path)
    _WIDGETS[widget_kind(spec, value)](spec, path, value)
    notes = _notes(spec, path, value, insight)
    if notes:
        st.caption(" · ".join(notes))
    for finding in _said(path, insight):
        finding_line(finding)


def _said(path: Path, insight: Insight) -> list[Finding]:
    return [
        finding
        for finding in insight.at(path)
        if finding.severity != "info" or finding.fix or belongs_to_field(finding)
    ]


def finding_line(finding: Finding, *, place: str = "field", title: str = "") -> None:
    """A finding with its mark, its words and the button that mends it, below a title if any."""
    # At the field the button says the remedy; beside the form there is room for the words.
    brief = place == "field" and finding.fix
    remedy = "" if brief else f" {plain(finding.remedy)}"
    mark = BLOCKED if _blocks(finding, session.insight()) else MARKS[finding.severity]
    head = f":small[:gray[{title}]]\n\n" if title else ""
    st.markdown(f"{head}:small[{mark} {plain(finding.message)}{remedy}]")
    if finding.fix:
        st.button(
            plain(fix_text(finding.fix)),
            key=session.widget_key(place, "fix", finding.rule, finding.field),
            icon=":material/build:",
            type="tertiary",
            on_click=apply_fix,
            args=(finding,),
        )


def _blocks(finding: Finding, insight: Insight) -> bool:
    return any(finding is blocker for blocker in insight.report.trainer.blockers)


def widget_kind(spec: FieldSpec, value: Any) -> str:
    """Which widget shows this value; a value of the wrong type is shown as JSON text."""
    if value is ABSENT:
        return "object" if spec.kind == "object" else spec.kind
    fits = {
        "text": isinstance(value, str),
        "integer": isinstance(value, int) and not isinstance(value, bool),
        "number": isinstance(value, int | float) and not isinstance(value, bool),
        "boolean": isinstance(value, bool),
        "choice": isinstance(value, str),
        "list": isinstance(value, list) and all(isinstance(item, str) for item in value),
        "object": isinstance(value, dict),
    }
    return spec.kind if fits[spec.kind] else "raw"


def literal(value: Any) -> str:
    """A value as the text of a widget; text that could be taken for JSON keeps its quotes."""
    if value is ABSENT:
        return ""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False) if _is_json(value) else value
    if isinstance(value, float):
        return number_text(value)
    return write(value).strip()


def from_literal(text: str | None) -> Any:
    """The value that a user meant: a JSON value where the text is one, otherwise the text."""
    if text is None or not text.strip():
        return ABSENT
    if _NUMBER.fullmatch(text):
        return _number(text)
    try:
        return parse_value(text)
    except DocumentError:
        return text


def _number(text: str) -> Any:
    # A document holds what every JSON reader agrees on: see core.document.
    if text.strip().lstrip("+-").isdigit():
        return int(text) if len(text) < 20 and abs(int(text)) <= MAX_INTEGER else text
    return float(text) if math.isfinite(float(text)) else text


def _is_json(text: str) -> bool:
    return not isinstance(from_literal(text), str) or text.strip().startswith('"')


def _label(spec: FieldSpec) -> str:
    # No markup: a screen reader reads the label as it stands.
    unit = f" ({spec.use.unit})" if spec.use.unit else ""
    return spec.title + unit + (" *" if spec.required else "")


def _help(spec: FieldSpec) -> str:
    view = session.insight().view
    default = view.profile.absent(spec, view.method)
    without = "" if default is None else f" Without it the trainer uses {value_text(default)}."
    told = f"{spec.help} It takes {spec.wants()}.{'' if spec.required else without}"
    source = view.profile.use(spec).source
    return f"{plain(told)}\n\n`{spec.name}` · {plain(source)}"


def _placeholder(spec: FieldSpec) -> str:
    view = session.insight().view
    default = view.profile.absent(spec, view.method)
    if default is None or spec.required:
        return "required" if spec.required else "not set"
    return f"trainer uses {value_text(default)}"


def _notes(spec: FieldSpec, path: Path, value: Any, insight: Insight) -> list[str]:
    notes = []
    view = insight.view
    reason = view.profile.ignored(spec, view.method, lora=view.uses_lora)
    if reason and value is not ABSENT:
        notes.append(f":material/block: no effect: {plain(reason)}")
    before = get(insight.draft.base, path)
    if any(change[: len(path)] == path for change in insight.changes):
        notes.append(f":material/edit: was {plain(value_text(before, 28))}")
    if path == ("tokenizer", "name") and follows_model(insight.draft.document):
        notes.append("follows the model")
    if value is ABSENT and spec.kind == "boolean" and not spec.required:
        notes.append(plain(_placeholder(spec)))
    return notes


def _common(spec: FieldSpec, path: Path, kind: str, shown: Any) -> dict[str, Any]:
    key = session.seeded(session.widget_key(kind, *path), shown)
    return {
        "label": _label(spec),
        "key": key,
        "help": _help(spec),
        "on_change": _changed,
        "args": (path, key, kind),
    }


def _text(spec: FieldSpec, path: Path, value: Any) -> None:
    shown = None if value is ABSENT else value
    st.text_input(value=None, placeholder=_placeholder(spec), **_common(spec, path, "text", shown))
    if spec.use.suggestions:
        _suggestions(spec, path)


def _suggestions(spec: FieldSpec, path: Path) -> None:
    # Not a select box that takes other texts too: it forgets what was typed without Enter.
    with st.popover("Suggestions", type="tertiary", key=session.widget_key("suggest", *path)):
        key = session.widget_key("suggestion", *path)
        st.pills(
            spec.title,
            spec.use.suggestions,
            key=key,
            on_change=_suggested,
            args=(path, key),
        )


def _suggested(path: Path, key: str) -> None:
    if session.is_stale(key):
        return
    if chosen := session.widget_value(key):
        draft = session.draft()
        open_draft(draft.with_document(with_value(draft.document, path, chosen)))


def _choice(spec: FieldSpec, path: Path, value: Any) -> None:
    shown = None if value is ABSENT else value
    options = list(spec.offered)
    if shown is not None and shown not in options:
        options = [shown, *options]
    st.selectbox(
        options=options,
        index=None,
        placeholder=_placeholder(spec),
        **_common(spec, path, "choice", shown),
    )


def _integer(spec: FieldSpec, path: Path, value: Any) -> None:
    # No min and max: a number out of bounds has to reach the document to get its finding.
    shown = None if value is ABSENT else value
    st.number_input(
        value=None,
        step=1,
        placeholder=_placeholder(spec),
        **_common(spec, path, "integer", shown),
    )


def _raw(spec: FieldSpec, path: Path, value: Any) -> None:
    shown = literal(value) or None
    st.text_input(value=None, placeholder=_placeholder(spec), **_common(spec, path, "raw", shown))


def raw_value(path: Path, *, label: str) -> None:
    """A value of a key that no model knows, as JSON text on one line or several."""
    value = get(session.draft().document, path)
    if isinstance(value, dict | list):
        json_editor(path, value, label=label, help_text="Any JSON value.", height=120)
        return
    key = session.seeded(session.widget_key("raw", *path), literal(value))
    st.text_input(label, key=key, on_change=_changed, args=(path, key, "raw"))


def _boolean(spec: FieldSpec, path: Path, value: Any) -> None:
    st.segmented_control(
        options=[True, False],
        format_func=lambda choice: "true" if choice else "false",
        **_common(spec, path, "boolean", None if value is ABSENT else value),
    )


def _list(spec: FieldSpec, path: Path, value: Any) -> None:
    shown = [] if value is ABSENT else value
    st.multiselect(
        options=[*dict.fromkeys([*spec.use.suggestions, *shown])],
        accept_new_options=True,
        placeholder=_placeholder(spec),
        **_common(spec, path, "list", shown),
    )


def _object(spec: FieldSpec, path: Path, value: Any) -> None:
    json_editor(path, value, label=_label(spec), help_text=_help(spec))


_WIDGETS = {
    "text": _text,
    "integer": _integer,
    "number": _raw,
    "boolean": _boolean,
    "choice": _choice,
    "list": _list,
    "object": _object,
    "raw": _raw,
}


def json_editor(path: Path, value: Any, *, label: str, help_text: str, height: int = 220) -> None:
    """An editor for a JSON value; text that does not parse is kept beside it, with its place."""
    begun = session.draft().pending.get(path)
    text = begun.text if begun else ("" if value is ABSENT else write(value).rstrip())
    key = session.seeded(session.widget_key("json", *path), text)
    st.text_area(
        label, key=key, help=help_text, height=height, on_change=_json_changed, args=(path, key)
    )
    if begun:
        fault, kept = _fault(begun.text), "The config keeps the last value that parsed."
        st.markdown(f":small[{MARKS['error']} {plain(fault)} {kept}]")


def _fault(text: str) -> str:
    try:
        parse_value(text)
    except DocumentError as error:
        return str(error)
    return ""


def _json_changed(path: Path, key: str) -> None:
    if session.is_stale(key):
        return
    text = session.widget_value(key) or ""
    if session.has_left() and not text:
        return
    try:
        value = parse_value(text) if text.strip() else ABSENT
    except DocumentError:
        session.type_in(session.draft().with_pending(path, text))
        refresh()
        return
    _write(path, value)


def _changed(path: Path, key: str, kind: str) -> None:
    if session.is_stale(key):
        return
    typed = session.widget_value(key)
    if kind == "raw":
        typed = from_literal(typed)
    elif typed is None or typed == []:
        typed = ABSENT
    if session.has_left() and typed is ABSENT:
        return
    _write(path, typed)


def _write(path: Path, value: Any) -> None:
    before = session.draft()
    try:
        document = with_value(before.document, path, value)
    except PathError as error:
        session.say(plain(str(error)), ":material/error:")
        st.rerun()
    draft = before.with_pending(path, None).with_document(document)
    if path == ("model", "name"):
        # The tokenizer may have followed, and its widget does not show that yet.
        open_draft(draft)
    session.type_in(draft)
    refresh()
