"""What stands beside the form: the verdict, the download, the findings and the run card."""

from html import escape
from typing import Final

import streamlit as st

from core import fields, trainers
from core.document import Path, get, path_text
from core.drafts.draft import Draft, file_name
from core.findings import Finding
from core.output.text import code_span
from core.trainers.requirements import Requirements
from ui import session
from ui.build.duration import duration, taken
from ui.build.form import finding_line
from ui.build.memory_panel import memory_panel, memory_shown
from ui.differences import address
from ui.draft import autosave, saving
from ui.draft.actions import (
    COMMAND,
    DOWNLOAD,
    apply_safe_fixes,
    downloaded,
    schema_place,
)
from ui.errors import boundary
from ui.insight import OTHER, Insight, says_no_effect
from ui.library import share
from ui.parts import Part, place
from ui.places import SWEEP
from ui.questions import MakeRun
from ui.run import target
from ui.run.run_card import folded, run_card
from ui.run.verdict import headline, verdict_badges
from ui.text import BLOCKED, MARKS, count, plain, value_text


def summary() -> None:
    """Draw the panel, each part of which an edit redraws where it says something else by then."""
    with st.container(key="summary", gap="small"):
        with st.container(key="head", gap="small"):
            _head()
            st.fragment(_take_away, key=DOWNLOAD)()
            # Below the button: one that moves under a pressed mouse gets no click.
            place(Part("cautions", _cautions, lambda: _warned(session.insight())))
        with st.container(key="details", gap="small"):
            place(Part("findings", _findings, lambda: _found(session.insight()), is_urgent=True))
            place(Part("numbers", _numbers, _counted, is_urgent=True))
            place(Part("memory", memory_panel, memory_shown, is_urgent=True))
            st.page_link(
                SWEEP,
                label="Sweep…",
                icon=":material/grid_on:",
                help="Makes many configs of this one, by values that some settings take in turn.",
            )
            place(Part(COMMAND, _to_run, _how_to_run))


def _head() -> None:
    with st.container(key="verdict", horizontal=True):
        place(Part("verdict", _verdict, lambda: _said(session.insight()), is_urgent=True))
        st.toggle("Details", key="summary_open")
    target.choice(session.insight())


def _verdict() -> None:
    st.markdown(_said(session.insight()))


def _said(insight: Insight) -> str:
    """The verdicts, and below them the numbers that matter most."""
    numbers = headline(insight)
    return verdict_badges(insight) + (f"\n\n:small[{numbers}]" if numbers else "")


def _numbers() -> None:
    insight = session.insight()
    run_card(insight.derived, _differences(insight))
    if _can_compare():
        st.button(
            "Compare side by side",
            key="compare",
            icon=":material/compare:",
            type="tertiary",
            on_click=_to_compare,
        )
    duration()


def _counted() -> object:
    insight = session.insight()
    return insight.derived, _differences(insight), _can_compare(), taken()


def _runs(insight: Insight) -> bool:
    return insight.report.trainer.runs


_NAMES_SCHEMA: Final = "download.schema"


def _take_away() -> None:
    # This part is drawn again as soon as the name changes.
    st.set_page_config(page_title=f"{value_text(session.draft().name, 40)} - Tunesmith")
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
            icon=":material/share:",
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


def _cautions() -> None:
    # One element: a browser takes as long for each as for all of them.
    if lines := _warned(session.insight()):
        st.markdown("\n\n".join(f":small[{line}]" for line in lines))


def _warned(insight: Insight) -> list[str]:
    """What there is to know before the file is taken away, as lines of Markdown."""
    lines = []
    if trouble := autosave.trouble():
        lines.append(f"{MARKS['warning']} {plain(trouble)}")
    if problem := _problem(insight):
        lines.append(f":red[{problem}; the file downloads all the same.]")
    for path in insight.draft.pending:
        where = code_span(path_text(path)) if path else "the JSON view"
        lines.append(f"{MARKS['warning']} Text in {where} is not in the file yet.")
    return lines


def _problem(insight: Insight) -> str:
    report = insight.report
    if not report.is_valid:
        return f"This config has {count(len(report.errors), 'error')}"
    title = trainers.get(insight.target.trainer).title
    return "" if report.trainer.runs else f"{title} would stop at this config"


def _make_it_run() -> None:
    session.ask(MakeRun())
    st.rerun()


def _found(insight: Insight) -> object:
    return insight.report.findings, insight.report.trainer.blockers


def _findings() -> None:
    insight = session.insight()
    if not _runs(insight):
        st.button(
            "Make it run",
            key="make_run",
            icon=":material/play_arrow:",
            help="Shows the fewest changes with which the trainer gets to its end.",
            on_click=_make_it_run,
        )
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
        title = "Other keys" if section == OTHER else section.capitalize()
        for number, finding in enumerate(_loud(insight.by_section.get(section, ()))):
            finding_line(finding, place="summary", title="" if number else title)
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
    fold = st.expander(label, key="notes", type="compact", on_change="rerun")
    if not fold.open:
        return
    with fold:
        # One element: a browser takes as long for a line of Markdown as for a list of it.
        lines = [f"- {plain(note.message)} {plain(note.remedy)}" for note in infos if not note.fix]
        st.markdown("\n".join(lines))
        for finding in infos:
            if finding.fix:
                finding_line(finding, place="notes")


def _differences(insight: Insight) -> str:
    """What differs from what was opened, as markup."""
    base, lines = _base(insight.draft), [_change(path, insight) for path in insight.changes]
    if not lines:
        return f'<p class="quiet">No setting differs from {escape(base)}.</p>'
    verb = "differs" if len(lines) == 1 else "differ"
    title = f"{count(len(lines), 'setting')} {verb} from {base}"
    return folded("differences", title, lines)


def _can_compare() -> bool:
    insight = session.insight()
    return bool(insight.changes and (insight.draft.saved or insight.draft.preset_id))


def _to_compare() -> None:
    address.go(address.first(session.draft()))
    st.rerun()


def _base(draft: Draft) -> str:
    if draft.saved:
        return f"version {draft.saved.revision}"
    return "the template" if draft.preset_id else "what you opened"


def _change(path: Path, insight: Insight) -> str:
    before, after = get(insight.draft.base, path), get(insight.draft.document, path)
    return (
        f"<code>{escape(path_text(path))}</code> "
        f"{escape(value_text(before, 24))} → {escape(value_text(after, 24))}"
    )


def _to_run() -> None:
    # The browser loads 1.5 MB to show code, so it does when somebody asks for it.
    fold = st.expander("How to run it", key="to_run", type="compact", on_change="rerun")
    if fold.open:
        with fold:
            _command()
            _libraries(session.insight().requirements)


def _command() -> None:
    name = file_name(session.draft().name)
    folder = f"outputs/{name.removesuffix('.json')}"
    st.code(
        # On one line a narrow panel would break it after one of two dashes.
        f"python train.py --config {name} \\\n  --output-dir {folder}",
        language="bash",
        wrap_lines=True,
    )


def _libraries(found: Requirements) -> None:
    st.caption("The libraries that the trainer runs with:")
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


def _how_to_run() -> object:
    return file_name(session.draft().name), session.insight().requirements
