"""Making links: what one shows, for how long it works, and the list of those that do."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import streamlit as st

from core.comparing.selection import Selection
from core.comparing.sources import Side
from core.errors import NeedsConsent, TunesmithError
from core.reading.consent import Approval
from core.shares.protocol import MAX_DAYS, Share, Shares
from core.shares.snapshot import Column, Snapshot, cautions, check_shareable, of_config, shortened
from core.stores.protocol import MAX_NAME, Config
from core.system import log
from core.system.database import now
from core.workbench import Workbench
from ui import session, who
from ui.draft import saving
from ui.errors import boundary
from ui.frame.answers import answers, cancel
from ui.questions import LinkMade, ShareIt
from ui.services import base_path, services
from ui.text import MARKS, ago, count, exact, plain, value_text

if TYPE_CHECKING:
    # What it draws with leads back to here.
    from ui.differences.comparison import Board

_DAYS: Final = (1, 7, 30, MAX_DAYS)
_USUAL_DAYS: Final = 7
_TITLE: Final = "share.title"
_LENGTH: Final = "share.days"


# --- What is shared ------------------------------------------------------------------------------


def ask_about(config: Config, note: str = "") -> None:
    """Ask how a saved config is to be shared."""
    _ask(ShareIt(of_config(config), config.name, config.id, note))


def ask_about_draft() -> None:
    """Ask how the open draft's config is to be shared, as it was saved last."""
    draft = session.draft()
    saved = draft.saved
    if saved is None:
        session.say("Save it first: a link shows a saved version.", ":material/info:")
        st.rerun()
    note = ""
    if draft.is_unsaved:
        note = "What you have changed since the last save is not in it: save first to share it."
    saving.with_bench(lambda bench: ask_about(bench.config(saved.config_id), note))
    st.rerun()


def ask_about_comparison(own: "Board", selection: Selection) -> None:
    """Ask how a comparison is to be shared, as it is shown now."""

    def act(bench: Workbench) -> None:
        ids = [side.config_id for side in own.sides if side.config_id]
        known = bench.several(list(dict.fromkeys(ids)))
        columns = tuple(_column(own, number, known) for number in range(len(own.sides)))
        snapshot = Snapshot(
            "comparison",
            columns,
            base=own.comparison.base,
            show=selection.show,
            search=selection.search,
            ignore=selection.ignore,
        )
        _ask(ShareIt(snapshot, _named([side.title for side in own.sides])))

    saving.with_bench(act)


def _column(own: "Board", number: int, known: dict[str, Config]) -> Column:
    side = own.sides[number]
    return Column(
        title=value_text(side.title, MAX_NAME),
        text=side.text,
        detail=shortened(side.detail),
        target=side.target,
        approved=_approved(side, known.get(side.config_id or "")),
    )


def _approved(side: Side, config: Config | None) -> tuple[Approval, ...]:
    """What its user has said yes to: with the config, or in the draft that is open."""
    known = config.approved if config else ()
    if side.origin.kind != "draft":
        return known
    draft, user = session.draft(), session.user_id() or ""
    return tuple(Approval(sha256, now(), user) for sha256 in sorted(draft.consent))


def _named(titles: list[str]) -> str:
    """What a comparison is called at first."""
    names = [value_text(title, 40).strip() for title in titles[:2]]
    if titles[2:]:
        return f"{', '.join(names)} and {len(titles) - 2} more"
    return " and ".join(names)


def _ask(question: ShareIt) -> None:
    session.set_widgets({_TITLE: question.title, _LENGTH: _USUAL_DAYS})
    session.ask(question)


# --- The dialogs ---------------------------------------------------------------------------------


def dialog_body(question: ShareIt) -> None:
    """Ask for title and length; say what stands in the way."""
    st.markdown(
        "Whoever has the link sees it with its findings and can take a copy, without an account. "
        "Nobody can change it there, and what you save later is not shown."
    )
    if question.note:
        st.markdown(f"{MARKS['warning']} {plain(question.note)}")
    problem, notes = session.once(("shareable", question), lambda _: _looked_at(question))
    if problem:
        st.error(plain(problem), icon=":material/error:")
        return
    for said in notes:
        st.markdown(f":small[{MARKS['warning']} {plain(said)}]")
    # Seeded when the question was asked.
    st.text_input("Title (its readers see it)", key=_TITLE, max_chars=MAX_NAME)
    st.segmented_control(
        "The link works for",
        _DAYS,
        key=_LENGTH,
        format_func=lambda days: count(days, "day"),
        required=True,
    )
    with answers():
        st.button(
            "Create the link", key="share.make", type="primary", on_click=_make, args=(question,)
        )
        cancel()


def _looked_at(question: ShareIt) -> tuple[str, tuple[str, ...]]:
    """Why no link can be made, or empty; and what its owner may not want to show."""
    return _problem(question), cautions(question.snapshot)


def _problem(question: ShareIt) -> str:
    try:
        check_shareable(question.snapshot, question.title)
    except NeedsConsent as error:
        return f"{error} Then share it."
    except TunesmithError as error:
        return str(error)
    return ""


def _make(question: ShareIt) -> None:
    title = (session.widget_value(_TITLE) or "").strip()
    days = session.widget_value(_LENGTH) or _USUAL_DAYS
    if not title:
        session.say("The title is empty; write one.", ":material/error:")
        st.rerun()

    def act(shares: Shares) -> None:
        made = shares.make(question.snapshot, title, config_id=question.config_id, days=days)
        log.shared(made.share.handle, made.share.kind, days)
        session.ask(LinkMade(_address(made.token), made.share))

    _with_shares(act)
    st.rerun()


def _address(token: str) -> str:
    """The link: behind the number sign no server, log or other site is told of it."""
    here = urlsplit(st.context.url or "")
    server = f"{here.scheme}://{here.netloc}" if here.netloc else ""
    return f"{server}{base_path()}/shared#{token}"


def link_body(made: LinkMade) -> None:
    """Show the new link, once."""
    with st.container(key="new_link"):
        st.code(made.link, language=None, wrap_lines=True)
    st.markdown(f"{MARKS['warning']} Copy it now; it is not shown again.")
    share = made.share
    st.caption(
        f"It shows **{plain(share.title)}** until {exact(share.expires_at)}. The "
        "account page lists your links and revokes them."
    )
    with answers():
        if st.button("Done", key="share.done", type="primary"):
            session.answered()
            st.rerun()


# --- The list ------------------------------------------------------------------------------------


def links() -> None:
    """The user's links that work now, each with its end."""
    with st.container(key="share_links", gap="small"):
        st.markdown("#### Links")
        # What can't be reached is told here, and the rest of the page stays.
        with boundary():
            _links()


def _links() -> None:
    found = who.actor()
    shares = services().shares(found).list() if found else ()
    if not shares:
        st.caption(
            "No link works now. **Share** on a saved config or a comparison makes one, which shows "
            "it without an account."
        )
    titles = [share.title for share in shares]
    with st.container(key="links", gap="small"):
        for share in shares:
            _link(share, is_alone=titles.count(share.title) == 1)


def _link(share: Share, *, is_alone: bool) -> None:
    # Links of one title are told apart by when each was made.
    made = ago(share.created_at) if is_alone else f"{share.created_at:%Y-%m-%d %H:%M:%S} UTC"
    with st.container(
        horizontal=True,
        vertical_alignment="center",
        gap="small",
        key=f"link_{share.handle}",
    ):
        views = f"opened {count(share.views, 'time')}" if share.views else "not opened yet"
        st.markdown(
            f"**{plain(value_text(share.title, 60))}** · {share.kind}  \n"
            f":gray[:small[made {made}, works until "
            f"{share.expires_at:%Y-%m-%d}, {views}]]",
            width="stretch",
            help=f"Made {exact(share.created_at)}, works until {exact(share.expires_at)}.",
        )
        st.button(
            "Revoke",
            key=f"revoke.{share.handle}",
            type="tertiary",
            help="Ends the link at once.",
            on_click=_revoke,
            args=(share,),
        )


def _revoke(share: Share) -> None:
    def act(shares: Shares) -> None:
        shares.revoke(share.handle)
        log.revoked(share.handle)
        session.focus_on("share_links")
        session.say(f"The link to {plain(share.title)} is revoked.", ":material/link_off:")

    _with_shares(act)


def _with_shares(act: Callable[[Shares], None]) -> None:
    saving.with_bench(lambda bench: act(services().shares(bench.actor)))
