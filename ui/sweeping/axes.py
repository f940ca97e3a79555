"""What is varied: a line for each setting with its values, as they are typed."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from difflib import get_close_matches
from functools import partial
from typing import Final

import streamlit as st

from core import fields
from core.document import ABSENT, Document, Path, get, path_text
from core.errors import SweepError
from core.fields import FieldSpec
from core.sweeps.axes import WITHOUT, Mode, join_values, read_path, split_values
from core.sweeps.form import Entry, Form
from core.sweeps.jobs import AT_ONCE_MOST
from core.system.secrets import masked
from ui import session
from ui.text import MARKS, plain, value_text

_MODES: Final[dict[Mode, str]] = {"grid": "All combinations", "paired": "Paired"}
_SECTIONS: Final = frozenset((section,) for section in fields.SECTIONS)
_ABOUT_MODES: Final = (
    "*All combinations*: each value with every other, the last setting varying fastest. "
    "*Paired*: the first values together, then the second; all need as many."
)


def axes(form: Form, base: Document) -> None:
    """Draw the lines, and the button for another one."""
    with st.container(key="sweep_axes", gap="small"):
        for number, entry in enumerate(form.entries):
            with st.container(key=f"sweep_axis_{entry.id}", gap="xsmall"):
                _line(form, entry, base, is_first=number == 0)
                _note(entry, base)
        st.button(
            "Add a setting",
            key="sweep.add",
            icon=":material/add:",
            type="tertiary",
            on_click=_change,
            args=(Form.with_another,),
        )


def mode(form: Form) -> None:
    """Draw the choice of how the values come together."""
    key = session.seeded(session.widget_key("sweep.mode"), form.mode)
    st.segmented_control(
        "Combine values",
        list(_MODES),
        format_func=lambda name: _MODES[name],
        key=key,
        required=True,
        help=_ABOUT_MODES,
        on_change=_chosen,
        args=(key, "mode"),
    )


def name(form: Form, base: str) -> None:
    """Draw the field for the sweep's name."""
    key = session.seeded(session.widget_key("sweep.name"), form.name)
    st.text_input(
        "Name",
        key=key,
        max_chars=60,
        placeholder=base,
        width=220,
        help="The configs are named after it: name, number, values.",
        on_change=_chosen,
        args=(key, "name"),
    )


def running_only(form: Form) -> None:
    """Draw the switch that leaves out what would not run."""
    key = session.seeded(session.widget_key("sweep.running_only"), form.running_only)
    st.toggle("Only configs that run", key=key, on_change=_chosen, args=(key, "running_only"))


def at_once(form: Form) -> None:
    """Draw the field for how many members a Slurm array runs at once."""
    key = session.seeded(session.widget_key("sweep.at_once"), form.at_once)
    st.number_input(
        "Slurm tasks at once",
        min_value=1,
        max_value=AT_ONCE_MOST,
        step=1,
        key=key,
        width=150,
        help="How many tasks of the Slurm array run at the same time.",
        on_change=_chosen,
        args=(key, "at_once"),
    )


def _chosen(key: str, field: str) -> None:
    """Take over what a widget of the whole sweep was set to."""
    value = session.widget_value(key)
    if session.is_stale(key) or (session.has_left() and not value):
        return
    # An emptied field means its default.
    kept = value if value is not None else getattr(Form(), field)
    session.set_sweep(replace(session.sweep(), **{field: kept}))


def _change(change: Callable[[Form], Form]) -> None:
    session.set_sweep(change(session.sweep()))


# --- One line ------------------------------------------------------------------------------------


def _line(form: Form, entry: Entry, base: Document, *, is_first: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        _setting(entry, base)
        _values(entry)
        with st.container(
            horizontal=True, width="content", gap="xsmall", key=f"sweep-icons-{entry.id}"
        ):
            _icon("Move up", "arrow_upward", Form.raised, entry, disabled=is_first)
            is_only = len(form.entries) == 1 and entry.is_empty
            _icon("Remove", "close", Form.without, entry, disabled=is_only)


def _icon(
    label: str, icon: str, act: Callable[[Form, int], Form], entry: Entry, *, disabled: bool
) -> None:
    st.button(
        label,
        key=f"sweep.{icon}.{entry.id}",
        icon=f":material/{icon}:",
        type="tertiary",
        help=label,
        disabled=disabled,
        on_click=_change,
        args=(partial(_on_entry, act, entry.id),),
    )


def _on_entry(act: Callable[[Form, int], Form], number: int, form: Form) -> Form:
    return act(form, number)


def _setting(entry: Entry, base: Document) -> None:
    options = list(dict.fromkeys([*_known(base), *filter(None, [entry.path])]))
    key = session.seeded(session.widget_key("sweep.path", entry.id), entry.path or None)
    st.selectbox(
        "Setting",
        options,
        index=None,
        format_func=_titled,
        key=key,
        placeholder="Choose or type a path",
        accept_new_options=True,
        width=360,
        on_change=_typed,
        args=(key, entry.id, "path"),
    )


def _known(base: Document) -> Sequence[str]:
    """What can be chosen: all known keys, those of the tools that there are, and unknown ones."""
    specs = fields.table().values()
    tools = base.get("tools")
    count = len(tools) if isinstance(tools, list) else 0
    items = [
        path_text(("tools", index, spec.key))
        for index in range(count)
        for spec in specs
        if spec.path[:2] == ("tools", "*") and len(spec.path) == 3
    ]
    plain_keys = [spec.name for spec in specs if "*" not in spec.path]
    return [*plain_keys, *items, *map(path_text, fields.unknown(base))]


def _titled(name: str) -> str:
    spec = _spec(name)
    return f"{name} · {spec.title}" if spec else name


def _path(name: str) -> Path | None:
    try:
        return read_path(name)
    except SweepError:
        return None


def _spec(name: str) -> FieldSpec | None:
    path = _path(name)
    return fields.find(path) if path else None


def _values(entry: Entry) -> None:
    spec = _spec(entry.path)
    offered = _offered(spec)
    if offered:
        _several(entry, offered)
        return
    key = session.seeded(session.widget_key("sweep.values", entry.id), entry.values)
    st.text_input(
        "Values",
        key=key,
        placeholder=_placeholder(spec),
        help=f"With commas between them; `{WITHOUT}` takes the key out.",
        on_change=_typed,
        args=(key, entry.id, "values"),
    )


def _offered(spec: FieldSpec | None) -> tuple[str, ...]:
    """The values of a setting that has few."""
    if spec is None:
        return ()
    return ("true", "false") if spec.kind == "boolean" else spec.offered


def _several(entry: Entry, offered: Sequence[str]) -> None:
    chosen = list(dict.fromkeys(split_values(entry.values)))
    key = session.seeded(session.widget_key("sweep.chosen", entry.id, entry.path), chosen)
    st.multiselect(
        "Values",
        list(dict.fromkeys([*offered, WITHOUT, *chosen])),
        key=key,
        placeholder="Choose the values",
        accept_new_options=True,
        select_all=False,
        help=f"In the order in which you choose them; `{WITHOUT}` takes the key out.",
        on_change=_typed,
        args=(key, entry.id, "values"),
    )


def _placeholder(spec: FieldSpec | None) -> str:
    if spec is None:
        return "Values, with commas between"
    examples = {"integer": "8, 16, 32", "number": "1e-4, 2e-4", "list": '["a"], ["a", "b"]'}
    return examples.get(spec.kind, "Values, with commas between")


def _typed(key: str, number: int, field: str) -> None:
    if session.is_stale(key):
        return
    value = session.widget_value(key)
    text = join_values(value) if isinstance(value, list) else value or ""
    if session.has_left() and not text:
        return
    session.set_sweep(session.sweep().with_entry(number, partial(_with, field, text)))


def _with(field: str, text: str, own: Entry) -> Entry:
    return replace(own, path=text) if field == "path" else replace(own, values=text)


def _note(entry: Entry, base: Document) -> None:
    """What is wrong with a line, or what there is to know of its setting."""
    wrong = problem(entry)
    if wrong:
        st.markdown(f":small[{MARKS['error']} {plain(wrong)}]")
    elif path := _path(entry.path):
        st.caption(_about(path, base))


def problem(entry: Entry) -> str:
    """Why a line can't be read; empty where it can, or is not finished."""
    try:
        if entry.path.strip():
            read_path(entry.path)
        if not entry.is_unfinished:
            entry.axis()
    except SweepError as error:
        return str(error)
    return ""


def _about(path: Path, base: Document) -> str:
    spec, value = fields.find(path), get(base, path)
    shown = plain(value_text(value if value is ABSENT else masked(value, path), 40))
    now = f"In the draft: {shown}."
    if path in _SECTIONS:
        return f"{now} A whole section: each value takes the place of all its keys."
    if spec is None:
        return f"{now} No part of the trainer knows this key.{_meant(path)}"
    return f"{now} Takes {plain(spec.wants())}. {plain(spec.help)}"


def _meant(path: Path) -> str:
    """The known setting that an unknown path can be meant for."""
    names = [spec.name for spec in fields.table().values() if "*" not in spec.path]
    typed = path_text(path).lower()
    found = next((name for name in names if name.rpartition(".")[2] == typed), None)
    near = [found] if found else get_close_matches(typed, names, 1, 0.75)
    return f" Did you mean {plain(near[0])}?" if near else ""
