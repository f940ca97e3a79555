"""The field table as a page to search."""

import streamlit as st

from core import fields
from core.fields import FieldSpec
from ui.text import plain, value_text


def reference() -> None:
    """Draw the search box and one table a section."""
    st.header("Settings", anchor=False)
    st.caption(
        "Every key that Tiny Tool Use is known to read, or is often given and does not read."
    )
    wanted = _search()
    found = [spec for spec in fields.table().values() if wanted in _haystack(spec)]
    if not found:
        st.info(f"No setting matches {plain(wanted)!s}. Clear the search to see all of them.")
    with st.container(key="reference"):
        for section in (*fields.SECTIONS, "seed"):
            _section(section, [spec for spec in found if spec.section == section])


def _search() -> str:
    typed = st.text_input("Search", placeholder="learning rate, optim, data …", key="search")
    return (typed or "").strip().casefold()


def _haystack(spec: FieldSpec) -> str:
    return f"{spec.name} {spec.title} {spec.help}".casefold()


def _section(section: str, specs: list[FieldSpec]) -> None:
    if not specs:
        return
    st.subheader(section.capitalize(), anchor=section)
    lines = ["| Key | What it does | Values | Without it | Read at |", "|:--|:--|:--|:--|:--|"]
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
