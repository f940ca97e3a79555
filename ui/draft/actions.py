"""What buttons do to the draft, and which parts of the page a change redraws."""

import contextlib
import logging
from typing import NoReturn
from urllib.parse import urlsplit

import streamlit as st

from core import trainers
from core.changes.editors import with_schema
from core.changes.patch import apply
from core.check import check, fix
from core.document import Document, Path, drop
from core.drafts.draft import Draft
from core.errors import TunesmithError
from core.findings import Finding
from core.system import log
from ui import parts, session
from ui.places import BUILD
from ui.questions import LeaveUnsaved
from ui.services import base_path
from ui.session import Desk

COMMAND = "command"
DOWNLOAD = "download"
HEADER = "header"


def refresh() -> None:
    """Draw anew what an edit has changed on the page; what was typed stands there already.

    The last thing that a widget's callback does.
    """
    if session.has_left():
        return
    if names := parts.stale():
        st.rerun(names)


def open_draft(draft: Draft) -> NoReturn:
    """Take over a draft that the widgets don't show yet, and redraw the whole page.

    The last thing that a widget's callback does: nothing after it is reached.
    """
    session.open_draft(draft)
    st.rerun()


def begin(draft: Draft) -> None:
    """Open a config from elsewhere, and log it with what the checks say."""
    if draft.is_changed:
        # So that the first undo takes back what came with it: a repair, or work left behind.
        session.begin(draft.reset())
        session.open_draft(draft)
    else:
        session.begin(draft)
    if not draft.saved:
        said = log.opened if draft.origin.startswith("import:") else log.created
        said(draft.name, draft.origin)
    log.checked(draft.name, session.insight().report, logging.INFO)


def begin_or_ask(draft: Draft, page: str = "") -> None:
    """Open a config from elsewhere; whoever could lose unsaved work is asked first.

    Without an account there is nowhere to save to, and undo brings the work back.

    Args:
        draft: what is to be opened.
        page: the page to go to afterwards, or empty to stay.
    """
    present = session.draft()
    unsaved = present.is_unsaved
    if not draft.saved and not draft.target:
        # Whoever trains on one machine means it for every config that is new.
        draft = draft.for_target(present.target)
    if unsaved and session.user_id() is not None:
        session.ask(LeaveUnsaved(draft, page))
        return
    begin(draft)
    if unsaved:
        session.say("Undo brings back the config that you had edited.", ":material/undo:")


def begin_and_go(draft: Draft) -> None:
    """Open a config from elsewhere, and go to the page where it is edited."""
    begin_or_ask(draft, page=BUILD)
    if session.question() is None:
        session.go_to(BUILD)


def replace_document(document: Document) -> NoReturn:
    """Take over a document as ``open_draft`` does."""
    open_draft(session.draft().with_document(document))


def apply_fix(finding: Finding) -> None:
    """Apply one finding's fix to the draft."""
    replace_document(apply(session.draft().document, finding.fix or ()))


def drop_key(path: Path) -> None:
    """Take a key out of the document."""
    draft = session.draft().with_pending(path, None)
    open_draft(draft.with_document(drop(draft.document, path)))


def apply_safe_fixes() -> None:
    """Apply every fix that leaves alone what a running config would train."""
    insight = session.insight()
    document, applied = fix(insight.draft.document, safe_only=True, target=insight.target)
    session.say(f"Applied {len(applied)} fixes. Undo takes them back.", ":material/build:")
    replace_document(document)


def _count(keeper: session.Keeper, config_id: str) -> None:
    # A file that can be handed out is, whether or not it can be counted.
    with contextlib.suppress(TunesmithError):
        keeper.used(config_id)


def schema_place() -> str:
    """The address under which this server has the schema of configs."""
    here = urlsplit(st.context.url or "")
    return f"{here.scheme}://{here.netloc}{base_path()}/api/training/schema" if here.netloc else ""


def downloaded(desk: Desk, schema: str = "") -> bytes:
    """The file that a click on the download hands out: the draft as it is at that moment.

    ``schema`` is the address that the file names for editors; without one it names none.
    """
    draft = desk.history.present
    text = with_schema(draft.as_text(), schema) if schema else draft.as_text()
    data = text.encode()
    report = check(draft.document, trainers.known(draft.target))
    log.checked(draft.name, report, logging.INFO)
    log.downloaded(draft.name, len(data))
    desk.handed_out = draft.document
    if draft.saved and desk.keeper:
        _count(desk.keeper, draft.saved.config_id)
    return data
