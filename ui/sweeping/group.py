"""Saving the members of a sweep as a group of the library, and the way to it."""

import streamlit as st

from core.comparing.sources import Origin
from core.errors import NeedsConsent, SweepError
from core.sweeps import group
from core.sweeps.group import Group, fingerprint
from core.sweeps.members import Plan
from core.workbench import Workbench
from ui import session
from ui.differences import address
from ui.differences.address import View
from ui.draft import saving
from ui.places import LIBRARY
from ui.questions import Consent
from ui.text import count, plain


def save(plan: Plan, begun: Plan) -> None:
    """Save the group with a bar that shows how far it is; a question in the way is left.

    Args:
        plan: the sweep as it is now.
        begun: as it was shown when somebody said to save it.
    """
    if plan != begun:
        session.say("The sweep has changed: look at it, then save it again.", ":material/info:")
        st.rerun()
    total = len(plan.members)
    bar = st.progress(0.0, f"Saving {count(total, 'config')}")

    def act(bench: Workbench) -> None:
        try:
            saved = group.save(bench, plan, session.draft(), lambda done: _show(bar, done, total))
        except NeedsConsent as error:
            session.ask(Consent(error.commands, sweep=plan))
        except SweepError as error:
            # It stays beside the button, where a message would go by.
            session.note_sweep_group(group.refused(plan, error))
        else:
            session.note_sweep_group(saved)

    # A click in the meantime ends this run of the page; the next one goes on from there.
    session.begin_sweep_group(plan)
    saving.with_bench(act)
    session.begin_sweep_group(None)
    st.rerun()


def _show(bar: st.delta_generator.DeltaGenerator, done: int, total: int) -> None:
    bar.progress(done / total, f"Saved {done} of {total}")


def saved_group(plan: Plan) -> None:
    """What was saved of this sweep last, and the ways to it."""
    saved = session.sweep_group()
    if saved is None or saved.of != fingerprint(plan):
        return
    with st.container(key="sweep_saved", horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(_told(saved), width="stretch")
        if saved.ids:
            st.page_link(
                LIBRARY,
                label="Show in library",
                icon=":material/folder_open:",
                query_params={"tag": saved.tag},
            )
        if len(saved.ids) > 1:
            st.button(
                "Compare all",
                key="sweep.compare_saved",
                icon=":material/compare:",
                type="tertiary",
                on_click=_compare,
                args=(saved,),
            )


def _told(saved: Group) -> str:
    tag = f"`{saved.tag}`"
    if not saved.is_whole:
        return f":orange[:material/warning:] {plain(saved.problem)}"
    if not saved.new:
        there = "It is" if saved.wanted == 1 else f"All {saved.wanted} are"
        return f":material/check: {there} in the library already, tagged {tag}."
    before = saved.wanted - saved.new
    more = f"; {count(before, 'config')} had been there" if before else ""
    return f":material/check: Saved {count(saved.new, 'config')}, tagged {tag}{more}."


def _compare(saved: Group) -> None:
    address.go(View(tuple(Origin("config", one) for one in saved.ids)))
