"""The import dialog: a report first, and nothing is changed without a click."""

from collections.abc import Iterator, Sequence
from typing import Literal

import streamlit as st

from core.document import path_text
from core.drafts.draft import from_source
from core.drafts.importing import Import, Refusal, inspect, repaired, with_repairs
from core.findings import Finding
from core.output.text import code_span, printable
from core.reading.consent import Command
from core.system import log
from core.system.secrets import redact
from core.workbench import Landed
from ui import session, who
from ui.draft import saving
from ui.draft.actions import begin_and_go
from ui.errors import boundary
from ui.text import MARKS, count, fix_text, plain, value_text


def import_dialog() -> None:
    """Open the dialog anew."""
    session.land(())
    _dialog()


@st.dialog("Import configs", width="large", on_dismiss="rerun")
def _dialog() -> None:
    """Ask for files or a pasted text, and show what each would bring in."""
    if who.has_changed():
        st.rerun()
    with boundary():
        _body()


def _body() -> None:
    if landed := session.landed():
        _land_report(landed)
        return
    st.caption("Nothing is opened or changed before you click. Unknown keys are kept.")
    uploads = st.file_uploader(
        "JSON files", type=["json"], accept_multiple_files=True, max_upload_size=2, key="uploads"
    )
    pasted = st.text_area("Or paste the text of one config", key="pasted", height=140)
    texts = [(upload.name, upload.getvalue()) for upload in uploads]
    if pasted.strip():
        texts.append(("pasted.json", pasted.encode("utf-8", "surrogatepass")))
    found = [session.once(("import", name, data), _inspected) for name, data in texts]
    _all([_item(index, item) for index, item in enumerate(found)])


def _all(items: Sequence[Import | Refusal]) -> None:
    usable = [item for item in items if isinstance(item, Import)]
    if not usable:
        return
    with st.container(horizontal=True, gap="small"):
        if session.user_id() is not None:
            st.button(
                "Save to the library"
                if len(items) == 1
                else f"Save all {len(usable)} to the library",
                key="import.save",
                type="primary",
                on_click=_save_all,
                args=(items,),
            )
        # Only the build page has a sidebar to keep them in.
        can_keep = len(usable) > 1 and session.is_on_page("Build")
        if can_keep and st.button(f"Keep all {len(usable)} in the sidebar", key="import.keep"):
            _remember(usable)
            st.rerun()


def _save_all(items: Sequence[Import | Refusal]) -> None:
    saving.with_bench(lambda bench: session.land(bench.take_in(items)))


def _land_report(landed: Sequence[Landed]) -> None:
    saved = [item for item in landed if item.config]
    with st.container(border=True, key="landed"):
        st.markdown(f"**{count(len(saved), 'config')} of {len(landed)} saved to the library**")
        st.markdown("\n".join(map(_landed_line, landed)))
    if st.button("Done", type="primary"):
        session.land(())
        st.rerun()


def _landed_line(item: Landed) -> str:
    name = plain(value_text(item.file, 60))
    if item.config is None:
        return f"- {MARKS['error']} {name} was not saved: {plain(item.problem)}"
    renamed = item.config.name != item.file
    under = f" as **{plain(item.config.name)}**, since its name is taken" if renamed else ""
    state = "valid" if item.config.checked.is_valid else "with errors"
    return f"- :green[:material/check:] {name}{under}, {state}"


def _inspected(key: tuple[str, str, bytes]) -> Import | Refusal:
    _, name, data = key
    item = inspect(name, data)
    if isinstance(item, Refusal):
        log.refused(item.name, item.reason)
    return item


def _item(index: int, item: Import | Refusal) -> Import | Refusal:
    """Draw one file; the same, with the repairs that are ticked."""
    with st.container(border=True):
        if isinstance(item, Import):
            return _report(index, item)
        st.markdown(f"{MARKS['error']} **{plain(item.name)}** is not a config.")
        st.markdown(plain(item.reason))
        return item


def _report(index: int, item: Import) -> Import:
    st.markdown(f"**{plain(value_text(item.name))}** · {_verdict(item)}")
    st.markdown("\n".join(f"- {line}" for line in _about(item)))
    chosen = _repairs(index, item.repairs)
    label = f"Open {plain(value_text(item.name, 30))}"
    # Signed in, what the dialog is for is to save.
    kind: Literal["primary", "secondary"] = "secondary" if session.user_id() else "primary"
    if st.button(label, key=f"open.{index}", type=kind):
        _open(item, chosen)
        st.rerun()
    kept = with_repairs(item, chosen)
    return kept.approving(item.commands) if _may_run(index, item.commands) else kept


def _about(item: Import) -> Iterator[str]:
    """What the file brings in, a line of Markdown each."""
    yield f"{count(item.kept, 'setting')} kept as {'it is' if item.kept == 1 else 'they are'}"
    if item.unknown:
        names = ", ".join(code_span(path_text(path)) for path in item.unknown[:12])
        yield f"{count(len(item.unknown), 'unknown key')} kept: {names}"
    if item.source.had_bom:
        yield "repaired: the byte-order mark is dropped; the trainer would stop at it"
    for finding in item.suspicious:
        yield f"{MARKS['warning']} suspicious: {plain(finding.message)}"


def _may_run(index: int, commands: Sequence[Command]) -> bool:
    """Ask for a yes to what its tools would run; without it the file is not saved."""
    if not commands:
        return False
    for command in commands:
        # Whole and as it is: what is hidden can't be agreed to.
        st.caption(plain(redact(command.tool)) or "a tool without a name")
        st.code(printable(command.text) or "(no command)", language="bash", wrap_lines=True)
    return st.checkbox(
        "I have read what its tools run, and it may run where this config is trained.",
        key=f"may_run.{index}",
        help="Without it the file can be opened, and is not saved to the library.",
    )


def _verdict(item: Import) -> str:
    report = item.report
    state = "valid" if report.is_valid else count(len(report.errors), "error")
    runs = "runs" if report.trainer.runs else "stops the trainer"
    return f"{state} · {runs} · {count(len(report.warnings), 'warning')}"


def _repairs(index: int, repairs: Sequence[Finding]) -> list[Finding]:
    if repairs:
        st.markdown("Repairs on the way in, only those you tick:")
    return [
        finding
        for number, finding in enumerate(repairs)
        if st.checkbox(
            plain(f"{fix_text(finding.fix or ())} ({finding.field}): {finding.message}"),
            key=f"repair.{index}.{number}",
        )
    ]


def _remember(items: Sequence[Import]) -> None:
    session.remember_imports(items)
    for item in items:
        log.imported(item.name, len(item.source.text))


def _open(item: Import, repairs: Sequence[Finding]) -> None:
    _remember([item])
    opened = from_source(item.name, item.source, f"import:{item.name}")
    begin_and_go(opened.with_document(repaired(opened.document, repairs)))
