"""What stands beside the form: the verdict, the download, the findings and the run card."""

from typing import Final

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import fields, trainers
from core.derive import TITLES, Derived, Quantity
from core.document import Path, get, number_text, path_text
from core.drafts.draft import Draft, file_name
from core.findings import Finding
from core.output.render import code_span
from ui import session
from ui.account import who
from ui.build import autosave, target
from ui.build.actions import (
    COMMAND,
    DOWNLOAD,
    SUMMARY,
    apply_safe_fixes,
    downloaded,
    schema_place,
)
from ui.build.curve import learning_rate
from ui.build.duration import duration
from ui.build.insight import OTHER, Insight, says_no_effect
from ui.build.memory_panel import memory_panel
from ui.comparing import address
from ui.errors import boundary
from ui.form import finding_line
from ui.library import saving
from ui.places import SWEEP
from ui.questions import MakeRun
from ui.sharing import share
from ui.text import BLOCKED, MARKS, count, grouped, plain, value_text


def summary() -> None:
    """Draw the panel: a fragment that each edit redraws, and one that a new name redraws."""
    with st.container(key="summary", gap="small"):
        with st.container(key="head", gap="small"):
            verdict = st.container(gap="small")
            st.fragment(_take_away, key=DOWNLOAD)()
            cautions = st.container(gap="small")
        with st.container(key="details", gap="small"):
            st.fragment(_command, key=COMMAND)()
            st.fragment(_summary, key=SUMMARY)(verdict, cautions)


def _summary(verdict: DeltaGenerator, cautions: DeltaGenerator) -> None:
    if who.has_changed():
        st.rerun()
    with boundary():
        insight = session.insight()
        with verdict:
            _head(insight)
        # A part that is drawn again later can't begin to write to a place that it left empty.
        with cautions, st.container(key="cautions", gap="small"):
            _cautions(insight)
        if not insight.report.trainer.runs:
            _ask_to_make_it_run()
        _findings(insight)
        run_card(insight.derived)
        duration(insight.derived)
        memory_panel(insight)
        _differences(insight)
        st.page_link(
            SWEEP,
            label="Sweep…",
            icon=":material/grid_on:",
            help="Makes many configs of this one, by values that some settings take in turn.",
        )
        _libraries(insight)


def _head(insight: Insight) -> None:
    with st.container(key="verdict", horizontal=True, vertical_alignment="center"):
        st.markdown(verdict_badges(insight), width="stretch")
        st.toggle("Details", key="summary_open")
    st.markdown(f":small[:gray[{plain(_headline(insight.derived))}]]")
    target.choice(insight)


def verdict_badges(insight: Insight) -> str:
    """The two verdicts and the number of warnings, as badges."""
    report = insight.report
    valid = ":green-badge[:material/check: valid]"
    if not report.is_valid:
        valid = f":red-badge[:material/error: invalid · {count(len(report.errors), 'error')}]"
    badges = [valid, _trainer_badge(insight)]
    if report.warnings:
        badges.append(f":orange-badge[{count(len(report.warnings), 'warning')}]")
    return " ".join(badges)


def _headline(derived: Derived) -> str:
    parts = [
        f"{_about('rows_train', derived)} rows",
        f"{_about('effective_batch', derived)} per update",
        f"{_about('updates_total', derived)} updates",
        f"warm-up {_about('warmup_share', derived)}",
        f"peak lr {_about('peak_learning_rate', derived)}",
    ]
    return " · ".join(part for part in parts if "–" not in part)


def _trainer_badge(insight: Insight) -> str:
    verdict = insight.report.trainer
    if not verdict.runs:
        reasons = len(verdict.blockers)
        more = f" · {reasons} reasons" if reasons > 1 else ""
        return f":red-badge[:material/block: stops the trainer{more}]"
    if not verdict.learns:
        return ":orange-badge[:material/hourglass_disabled: runs, learns nothing]"
    if any(finding.rule == "resources.vram" for finding in insight.report.warnings):
        return ":orange-badge[:material/memory: runs out of memory, by the estimate]"
    return ":green-badge[:material/play_arrow: runs]"


_NAMES_SCHEMA: Final = "download.schema"


def _take_away() -> None:
    with boundary(), st.container(key="take_away", horizontal=True, gap="xsmall"):
        _download()
        st.button(
            "Save",
            key="save",
            icon=":material/save:",
            help="Saves this config in your library; each save is a version you can go back to.",
            on_click=_save,
        )
        st.button(
            "Share",
            key="save-icons-share",
            icon=":material/link:",
            help="Makes a link that shows the saved config to people without an account.",
            on_click=share.ask_about_draft,
        )
        with st.popover("More ways to save", icon=":material/more_vert:", key="save-icons-more"):
            _ways_to_save()


def _ways_to_save() -> None:
    key = session.seeded(session.widget_key("message"), "")
    st.text_input(
        "What is new in this version? (optional)",
        key=key,
        max_chars=500,
        on_change="ignore",
    )
    st.button("Save with this message", key="save.message", on_click=_save, args=(key,))
    st.button(
        "Save as a copy",
        key="save.copy",
        help="Makes a config of its own, and goes on with that one.",
        on_click=_save_copy,
    )
    st.checkbox(
        "Download with `$schema` for editors",
        key=_NAMES_SCHEMA,
        help="The file's first key then tells VS Code and other editors where this server has the "
        "schema that completes and checks it. The trainer passes over it.",
    )


def _save(message_key: str = "") -> None:
    message = session.widget_value(message_key) if message_key else ""
    if saving.save((message or "").strip()) and message_key:
        # The next version is another one.
        session.set_widgets({message_key: ""})
    # What it says stands all over the page: version, name, dialog.
    st.rerun()


def _save_copy() -> None:
    saving.save_copy()
    st.rerun()


def _download() -> None:
    # Edits leave the button alone: one that is redrawn under a pressed mouse gets no click. The
    # data are read at the click, in a thread without a session.
    name, desk = file_name(session.draft().name), session.desk()
    names_schema = session.widget_value(session.seeded(_NAMES_SCHEMA, False))
    place = schema_place() if names_schema else ""
    st.download_button(
        f"Download {plain(value_text(name, 40))}",
        data=lambda: downloaded(desk, place),
        file_name=name,
        mime="application/json",
        key="download",
        icon=":material/download:",
        type="primary",
        width="stretch",
        on_click="ignore",
    )


def _cautions(insight: Insight) -> None:
    if trouble := autosave.trouble():
        st.markdown(f":small[{MARKS['warning']} {plain(trouble)}]")
    if problem := _problem(insight):
        st.markdown(f":small[:red[{problem}; the file downloads all the same.]]")
    for path in insight.draft.pending:
        place = code_span(path_text(path)) if path else "the JSON tab"
        st.markdown(f":small[{MARKS['warning']} Text in {place} is not in the file yet.]")


def _problem(insight: Insight) -> str:
    report = insight.report
    if not report.is_valid:
        return f"This config has {count(len(report.errors), 'error')}"
    title = trainers.get(insight.target.trainer).title
    return "" if report.trainer.runs else f"{title} would stop at this config"


def _ask_to_make_it_run() -> None:
    st.button(
        "Make it run",
        key="make_run",
        icon=":material/play_arrow:",
        help="Shows the fewest changes with which the trainer gets to its end.",
        on_click=_make_it_run,
    )


def _make_it_run() -> None:
    session.ask(MakeRun())
    st.rerun()


def _findings(insight: Insight) -> None:
    safe = sum(finding.safe and finding.fix is not None for finding in insight.report)
    if safe > 1:
        st.button(
            f"Apply all {safe} safe fixes",
            key=session.widget_key("safe"),
            icon=":material/auto_fix_high:",
            help="Safe fixes mend how the file is written, not what a running config would train.",
            on_click=apply_safe_fixes,
        )
    for section in (*fields.SECTIONS, OTHER):
        said = _loud(insight.by_section.get(section, ()))
        if said:
            st.markdown(f"**{'Other keys' if section == OTHER else section.capitalize()}**")
        for finding in said:
            finding_line(finding, place="summary")
    _quiet(insight)


def _loud(findings: tuple[Finding, ...]) -> list[Finding]:
    order = {"error": 0, "warning": 1}
    loud = [finding for finding in findings if finding.severity in order]
    return sorted(loud, key=lambda finding: order[finding.severity])


def _quiet(insight: Insight) -> None:
    infos = insight.report.infos
    if not infos:
        return
    ignored = sum(says_no_effect(finding) for finding in infos)
    label = count(len(infos), "note") + (f", {ignored} without effect" if ignored else "")
    with st.expander(label, key="notes", type="compact"):
        # One element: a browser takes as long for a line of Markdown as for a list of it.
        lines = [f"- {plain(note.message)} {plain(note.remedy)}" for note in infos if not note.fix]
        st.markdown("\n".join(lines))
        for finding in infos:
            if finding.fix:
                finding_line(finding, place="notes")


# The share says more than the number of warm-up updates.
_ROWS: Final = {name: title for name, title in TITLES.items() if name != "warmup_updates"}


def run_card(derived: Derived) -> None:
    """The numbers that follow from a config, its learning rate as a curve, and the arithmetic."""
    st.markdown("**What this run does**")
    with st.container(key="run_card"):
        lines = [f"| {label} | {amount(name, derived)} |" for name, label in _ROWS.items()]
        st.markdown("\n".join(["| | |", "|:--|--:|", *lines]))
    learning_rate(derived)
    with st.expander("How these come about", key="arithmetic", type="compact"):
        lines = [f"- {label}: {plain(_arithmetic(name, derived))}" for name, label in _ROWS.items()]
        st.markdown("\n".join(lines))


def _arithmetic(name: str, derived: Derived) -> str:
    parts = [derived.arithmetic.get(name, ""), derived.notes.get(name, "")]
    return ". ".join(part.rstrip(".") for part in parts if part) + "."


def amount(name: str, derived: Derived) -> str:
    """A derived number in words: a range where chance decides, a dash where it can't be said."""
    value: Quantity = getattr(derived, name)
    if value is None:
        return "–"
    if not isinstance(value, tuple):
        return _number(name, value)
    usual = derived.usual.get(name)
    about = "" if usual is None else f", usually {_number(name, usual)}"
    return f"{_number(name, value[0])} to {_number(name, value[1])}{about}"


def _about(name: str, derived: Derived) -> str:
    usual = derived.usual.get(name)
    return amount(name, derived) if usual is None else f"about {_number(name, usual)}"


def _number(name: str, value: float) -> str:
    if name == "warmup_share":
        return f"{value:.0%}"
    if name == "peak_learning_rate":
        return number_text(float(f"{value:.3g}"))
    return grouped(value)


def _differences(insight: Insight) -> None:
    changes = insight.changes
    base = _base(insight.draft)
    if not changes:
        st.caption(f"No setting differs from {base}.")
        return
    verb = "differs" if len(changes) == 1 else "differ"
    with st.expander(f"{count(len(changes), 'setting')} {verb} from {base}", type="compact"):
        st.markdown("\n".join(_change(path, insight) for path in changes))
        if insight.draft.saved or insight.draft.preset_id:
            st.button(
                "Compare side by side",
                key="compare",
                icon=":material/compare:",
                type="tertiary",
                on_click=_to_compare,
            )


def _to_compare() -> None:
    address.go(address.first(session.draft()))
    st.rerun()


def _base(draft: Draft) -> str:
    if draft.saved:
        return f"version {draft.saved.revision}"
    return "the template" if draft.preset_id else "what you opened"


def _change(path: Path, insight: Insight) -> str:
    before, after = get(insight.draft.base, path), get(insight.draft.document, path)
    change = f"{plain(value_text(before, 24))} → {plain(value_text(after, 24))}"
    return f"- {code_span(path_text(path))} {change}"


def _command() -> None:
    name = file_name(session.draft().name)
    folder = f"outputs/{name.removesuffix('.json')}"
    st.code(
        f"python train.py --config {name} --output-dir {folder}",
        language="bash",
        wrap_lines=True,
    )


def _libraries(insight: Insight) -> None:
    with st.expander("Libraries that the trainer runs with", key="libraries", type="compact"):
        found = insight.requirements
        for blocker in found.blockers:
            st.markdown(f":small[{BLOCKED} {plain(blocker.message)} {plain(blocker.remedy)}]")
        if found.blockers:
            return
        st.code("\n".join(found.lines), language=None)
        st.download_button(
            "Download requirements.txt",
            data=lambda: found.text,
            file_name="requirements.txt",
            mime="text/plain",
            key="requirements",
            icon=":material/download:",
            on_click="ignore",
        )
