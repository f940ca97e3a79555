"""Saving the open draft, and what happens when it can't be done just so."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from core.drafts.draft import Draft, Saved
from core.drafts.merge import Picks
from core.errors import Conflict, NameTaken, NeedsConsent, NotFound, TunesmithError, Unavailable
from core.stores.protocol import Config
from core.workbench import Clash, Workbench, saved_as
from ui import session, who
from ui.draft.actions import begin_or_ask
from ui.places import BUILD
from ui.questions import Consent, IsGone, NameIsTaken, SavedElsewhere, SignIn
from ui.services import services
from ui.text import plain

SAVE_AGAIN: Final = Consent(())
"""Asked before a save; the commands are put in."""

SAVE = "save"
"""What goes on after a sign-in that a save asked for."""

OPEN = "open:"
"""What goes on after a sign-in that the address of a config asked for; its id follows."""


def save(message: str = "") -> bool:
    """Save the draft, or leave the question that stands in the way; whether it was saved.

    Where a store elsewhere can't be reached, the save is made up for when it is back.
    """
    return attempt(lambda bench: bench.save(session.draft(), message), waits=True)


def save_copy(name: str | None = None) -> bool:
    """Save the draft as a config of its own, which is the open one from then on."""
    again = Consent((), as_copy=True, name=name)
    return attempt(lambda bench: bench.save_copy(session.draft(), name), again=again)


def attempt(
    act: Callable[[Workbench], Config], *, waits: bool = False, again: Consent = SAVE_AGAIN
) -> bool:
    """Do something that ends with the draft saved; the last thing that a callback does.

    Args:
        act: what to do.
        waits: whether it is a save of the draft as it is, and so can be done later.
        again: what is asked, with the commands, where it has some that nobody said yes to.
    """
    try:
        bench = who.workbench()
        if bench is None:
            session.intend(SAVE)
            session.ask(SignIn())
            return False
        return _attempt(act, bench, again)
    except Unavailable as error:
        session.wait_to_save(waits and services().project is not None)
        session.say(plain(str(error)), ":material/cloud_off:")
        return False
    except TunesmithError as error:
        session.say(plain(str(error)), ":material/error:")
        return False


def with_bench(act: Callable[[Workbench], None]) -> bool:
    """Do something for the user who is signed in; whether it was done.

    What stands in the way is said on the page.
    """
    try:
        bench = who.workbench()
        if bench is None:
            session.ask(SignIn("go on"))
            return False
        act(bench)
    except TunesmithError as error:
        session.say(plain(str(error)), ":material/error:")
        return False
    return True


def _attempt(act: Callable[[Workbench], Config], bench: Workbench, again: Consent) -> bool:
    before = session.draft().saved
    try:
        config = act(bench)
    except Conflict as error:
        if before and _is_same(session.draft(), error.current):
            # The answer to an earlier try was lost on the way, or somebody saved just this.
            _done(error.current, before)
            return True
        session.ask(SavedElsewhere(bench.clash(session.draft(), error.current)))
    except NameTaken as error:
        session.ask(NameIsTaken(error.name))
    except NeedsConsent as error:
        commands = error.commands or bench.needs_consent(session.draft())
        session.ask(replace(again, commands=commands))
    except NotFound:
        session.ask(IsGone())
    else:
        _done(config, before)
        return True
    return False


def _is_same(draft: Draft, current: Config) -> bool:
    mine = draft.name, draft.as_text(), draft.target
    return mine == (current.name, current.text, current.target)


def _done(config: Config, before: Saved | None) -> None:
    session.saved(saved_as(config), config.text)
    session.answered()
    if before and (before.config_id, before.revision) == (config.id, config.revision):
        session.say("Nothing has changed since the last save.", ":material/check:")
        return
    session.say(f"Saved {plain(config.name)} as version {config.revision}.", ":material/check:")


def settle(clash: Clash, picks: Picks) -> bool:
    """Save what was picked; the draft then shows it, and undo brings back what it was."""

    def act(bench: Workbench) -> Config:
        config = bench.settle(clash, picks)
        shown = session.draft().with_document(config.config_json)
        session.open_draft(shown.renamed(config.name))
        return config

    return attempt(act)


def open_config(config_id: str, page: str = "") -> None:
    """Open a saved config, after asking what becomes of unsaved work.

    Raises:
        TunesmithError: it can't be opened; the text says why.
    """
    bench = who.workbench()
    if bench is None:
        session.intend(OPEN + config_id)
        session.ask(SignIn("open"))
        return
    begin_or_ask(bench.open(config_id), page)


def edit(config_id: str) -> None:
    """Open a saved config on the page where it is edited, or say why that can't be done."""
    try:
        open_config(config_id, page=BUILD)
    except TunesmithError as error:
        session.say(plain(str(error)), ":material/error:")
        return
    if session.question() is None:
        session.go_to(BUILD)


def resume() -> bool:
    """Go on with what asked for a sign-in; whether anything did."""
    wanted = session.intent()
    if not wanted or session.user_id() is None:
        return False
    session.intend("")
    session.answered()
    if wanted == SAVE:
        save()
    else:
        open_or_say(wanted.removeprefix(OPEN))
    return True


def open_or_say(config_id: str) -> None:
    """Open the config that an address names, or say that this user has none of that id."""
    try:
        open_config(config_id)
    except TunesmithError:
        session.say("Your library has no config with this address.", ":material/search_off:")
