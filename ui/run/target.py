"""What the verdict is for: the trainer, its libraries and the machine, chosen by the user."""

from collections.abc import Callable
from typing import Final

import streamlit as st

from core import trainers
from core.reading.target import ENVIRONMENTS, Target, machine, machines
from ui import session
from ui.insight import Insight
from ui.text import plain

ENVIRONMENT_TITLES: Final = {
    "pinned": "Pinned: the newest that work",
    "today": "Today's: the newest there are",
}
_SHORT: Final = {"pinned": "pinned libraries", "today": "today's libraries"}


def choice(insight: Insight) -> None:
    """A line that says what the verdict is for, and opens to change it."""
    target = insight.target
    with st.popover(
        plain(said(target)),
        key="target",
        type="tertiary",
        icon=":material/memory:",
        help="What the verdict, the numbers and the memory are for. It is saved with the config.",
    ):
        _select("trainer", "Trainer", tuple(trainers.every()), target.trainer, _trainer_title)
        st.caption(plain(_about(target)))
        _select("environment", "Libraries", ENVIRONMENTS, target.environment, _environment_title)
        _select("machine", "Machine", machines(target.machine), target.machine, _machine_title)


def said(target: Target) -> str:
    """A target in words: ``Tiny Tool Use · pinned libraries · one recent GPU``."""
    title = machine(target.machine).title
    named = title if target.machine not in ("gpu", "cpu") else title[0].lower() + title[1:]
    named = "CPU" if target.machine == "cpu" else named
    return f"{trainers.get(target.trainer).title} · {_SHORT[target.environment]} · {named}"


def _select(
    name: str, label: str, options: tuple[str, ...], chosen: str, title: Callable[[str], str]
) -> None:
    key = session.seeded(session.widget_key("target", name), chosen)
    st.selectbox(label, options, key=key, format_func=title, on_change=_chosen, args=(name, key))


def _about(target: Target) -> str:
    trainer = trainers.get(target.trainer)
    return f"{trainer.summary} {trainer.source}."


def _chosen(name: str, key: str) -> None:
    if session.is_stale(key):
        return
    value = session.widget_value(key)
    if not value:
        return
    target = session.insight().target
    wanted = {"trainer": target.trainer, "environment": target.environment}
    wanted = {**wanted, "machine": target.machine, name: value}
    session.open_draft(session.draft().for_target(str(Target(**wanted))))
    st.rerun()


def _trainer_title(name: str) -> str:
    return trainers.get(name).title


def _environment_title(name: str) -> str:
    return ENVIRONMENT_TITLES[name]


def _machine_title(name: str) -> str:
    return machine(name).title
