"""How much GPU memory the run takes, whether it fits, and what would make it fit."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import streamlit as st

from core import trainers
from core.changes.patch import apply
from core.errors import TunesmithError
from core.estimates.fitting import Change, Fit, cheapest_changes, fit
from core.estimates.memory import estimate
from core.estimates.parts import TITLES, Memory, Peak, size_text
from core.estimates.plan import habits
from core.reading.model_config import dims_from_config
from core.reading.models import dims
from core.reading.rows import Unknown
from core.reading.target import Setting
from ui import session
from ui.insight import Insight
from ui.text import MARKS, plain

_BADGES: Final[dict[Fit, str]] = {
    "fits": ":green-badge[:material/check: fits]",
    "tight": ":orange-badge[:material/warning: tight]",
    "exceeds": ":red-badge[:material/error: exceeds]",
}
_SIZES: Final = (8, 12, 16, 24, 40, 48, 80)


@dataclass(frozen=True, slots=True)
class _Picture:
    """What the panel shows.

    Attributes:
        setting: trainer, libraries and machine.
        memory: the estimate; ``None`` where there is none.
        changes: what makes it fit the machine.
        problem: why there is no estimate.
        asks_for: the name of a model whose sizes are asked for; empty for none.
        sizes: whether the user gave those sizes, and what was wrong with them.
    """

    setting: Setting
    memory: Memory | None
    changes: Sequence[Change]
    problem: str
    asks_for: str
    sizes: tuple[bool, str]


def memory_shown() -> object:
    """What the panel shows, to be compared."""
    return _picture(session.insight())


def _picture(insight: Insight) -> _Picture:
    setting = trainers.setting(insight.target)
    name = (insight.view.text("model.name") or "").strip()
    sizes, own = session.sizes(name), habits(setting.libraries)
    asked = name if name and dims(name) is None else ""
    given = (sizes is not None, session.sizes_problem(name))
    try:
        memory = estimate(insight.view, sizes, own)
        gib = setting.machine.memory
        changes = cheapest_changes(insight.view, gib, sizes, own) if gib else ()
    except Unknown as unknown:
        return _Picture(setting, None, (), str(unknown), asked, given)
    return _Picture(setting, memory, changes, "", asked, given)


def memory_panel() -> None:
    """Draw the estimate, its parts, and what makes it fit the machine that is chosen."""
    st.markdown("**GPU memory**")
    picture = _picture(session.insight())
    if picture.memory is None:
        st.caption(plain(picture.problem))
    else:
        _verdict(picture.memory, picture.setting)
        _changes(picture.changes)
        _parts(picture.memory)
    _other_model(picture.asks_for)


def _verdict(memory: Memory, setting: Setting) -> None:
    likely, worst = memory.likely.total, memory.worst.total
    said = f"about **{plain(size_text(likely))}**"
    said += f", at worst {plain(size_text(worst))}" if worst != likely else ""
    machine = setting.machine
    if not setting.machine.has_gpu:
        st.markdown(f"On a GPU it would take {said}.")
    elif machine.memory is None:
        st.markdown(f"{said[:1].upper()}{said[1:]}")
        st.markdown(" ".join(_by_verdict(memory)))
    else:
        st.markdown(f"{_BADGES[fit(memory, machine.memory)]} {said} of {machine.memory:g} GiB")


def _by_verdict(memory: Memory) -> Iterator[str]:
    """The sizes of GPUs that it fits, is tight on and exceeds."""
    for verdict, badge in _BADGES.items():
        sizes = [str(gib) for gib in _SIZES if fit(memory, gib) == verdict]
        if sizes:
            yield f"{badge} {', '.join(sizes)} GiB"


def _changes(changes: Sequence[Change]) -> None:
    for number, change in enumerate(changes[:3]):
        st.button(
            plain(change.title),
            key=session.widget_key("memory", number),
            icon=":material/build:",
            type="tertiary",
            help=f"{plain(size_text(change.memory.likely.total))}: {change.fit}. "
            f"{plain(change.cost)}",
            on_click=_apply,
            args=(change,),
        )


def _apply(change: Change) -> None:
    draft = session.draft()
    session.open_draft(draft.with_document(apply(draft.document, change.patch)))
    session.say(f"{plain(change.title)}. Undo takes it back.", ":material/memory:")
    st.rerun()


def _parts(memory: Memory) -> None:
    fold = st.expander(
        "What takes the memory", key="memory_parts", type="compact", on_change="rerun"
    )
    if not fold.open:
        return
    with fold:
        with st.container(key="memory_table"):
            st.markdown(_table(memory))
        st.markdown(_arithmetic(memory.worst))
        notes = " ".join(memory.notes)
        st.caption(plain(f"{_when(memory.worst)} {notes}"))


def _table(memory: Memory) -> str:
    """The parts at worst, and beside them as is likely where that is less."""
    peaks = [memory.worst] if memory.worst == memory.likely else [memory.likely, memory.worst]
    names = dict.fromkeys(part.name for peak in peaks for part in peak.parts)
    lines = [[plain(TITLES[name]), *(_size(peak, name) for peak in peaks)] for name in names]
    totals = ["**in all**", *(f"**{plain(size_text(peak.total))}**" for peak in peaks)]
    head = ["", "likely", "at worst"] if len(peaks) > 1 else ["", ""]
    rows = [head, [":--", *["--:"] * len(peaks)], *lines, totals]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _size(peak: Peak, name: str) -> str:
    sizes = [part.size for part in peak.parts if part.name == name]
    return plain(size_text(sizes[0])) if sizes else ""


def _arithmetic(peak: Peak) -> str:
    """How the parts come about; a formula that was seen to hold in a run says so."""
    return "\n".join(
        f"- {plain(part.title)}, {part.basis}: {plain(part.arithmetic)}" for part in peak.parts
    )


def _when(peak: Peak) -> str:
    return f"The worst case: {peak.phase} with {peak.sequences} rows of {peak.tokens} tokens."


def _other_model(name: str) -> None:
    """Ask for the sizes of a model that is not known here."""
    if not name:
        return
    with st.expander("Sizes of this model", key="model_sizes", type="compact"):
        if session.sizes(name):
            st.caption(f"{MARKS['info']} From the config.json that you gave.")
        key = session.seeded(session.widget_key("model_config"), "")
        st.text_area(
            "The model's config.json",
            key=key,
            height=120,
            placeholder="Paste the file of that name from the model's page.",
            on_change=_pasted,
            args=(name, key),
        )
        if problem := session.sizes_problem(name):
            st.markdown(f":small[{MARKS['error']} {plain(problem)}]")


def _pasted(name: str, key: str) -> None:
    text = session.widget_value(key) or ""
    if session.is_stale(key) or (session.has_left() and not text):
        return
    if not text.strip():
        session.set_sizes(name, None)
        return
    try:
        session.set_sizes(name, dims_from_config(text, name))
    except TunesmithError as error:
        session.set_sizes(name, None, str(error))
