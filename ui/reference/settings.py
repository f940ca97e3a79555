"""The field table as a page to search."""

from typing import Final

import streamlit as st

from core import fields
from core.fields import FieldSpec
from ui import session
from ui.frame.heading import heading
from ui.text import count, plain, value_text

_SEARCH: Final = "search"


def reference() -> None:
    """Draw the search box and one table a section."""
    every = tuple(fields.table().values())
    with heading("Reference", count(len(every), "setting")):
        pass
    st.caption(
        "Every setting that Tiny Tool Use reads, and some that it is often given and does not read."
    )
    wanted = _search()
    found = [spec for spec in every if wanted in _haystack(spec)]
    if not found:
        _no_match(wanted)
    with st.container(key="reference"):
        for section in (*fields.SECTIONS, "seed"):
            _section(section, [spec for spec in found if spec.section == section])


def _search() -> str:
    typed = st.text_input(
        "Search",
        placeholder="Name or what it does",
        key=_SEARCH,
        type="search",
        live=True,
        width=260,
    )
    return (typed or "").strip().casefold()


def _no_match(wanted: str) -> None:
    with st.container(key="no_match", border=True, gap="small"):
        st.markdown(f"**No setting matches {plain(value_text(wanted, 60))}**")
        st.button("Clear search", key="clear", type="primary", on_click=_clear)


def _clear() -> None:
    session.set_widgets({_SEARCH: ""})


def _haystack(spec: FieldSpec) -> str:
    return f"{spec.name} {spec.title} {spec.help}".casefold()


def _section(section: str, specs: list[FieldSpec]) -> None:
    if not specs:
        return
    st.markdown(f"#### {section.capitalize()}")
    lines = ["| Key | What it does | Values | Default | Source |", "|:--|:--|:--|:--|:--|"]
    lines += [_line(spec) for spec in specs]
    st.markdown("\n".join(lines))


def _line(spec: FieldSpec) -> str:
    cells = [
        f"`{spec.name}`",
        f"**{plain(spec.title)}**. {plain(spec.help)}{_effect(spec)}",
        plain(spec.wants()),
        _without(spec),
        plain(spec.use.source),
    ]
    return "| " + " | ".join(cells) + " |"


def _effect(spec: FieldSpec) -> str:
    reasons = {method: spec.ignored(method) for method in ("sft", "dpo")}
    texts = [f"{method}: {plain(reason)}" for method, reason in reasons.items() if reason]
    if len(set(reasons.values())) == 1 and texts:
        texts = [plain(str(reasons["sft"]))]
    return f" :gray[No effect: {'; '.join(texts)}.]" if texts else ""


def _without(spec: FieldSpec) -> str:
    if spec.required:
        return "required"
    sft, dpo = spec.absent("sft"), spec.absent("dpo")
    if sft is None and dpo is None:
        return "–"
    if sft == dpo:
        return plain(value_text(sft))
    return f"{plain(value_text(sft))} (dpo {plain(value_text(dpo))})"
