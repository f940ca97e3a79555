"""The members of a sweep in the library: saved one by one, and found again by their tag."""

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from core.drafts.draft import Draft
from core.errors import NameTaken, NeedsConsent, SweepError, TunesmithError
from core.reading.consent import Command, commands
from core.stores.limits import check_name
from core.stores.protocol import MAX_TAG, Query, Summary
from core.sweeps.members import Member, Plan
from core.workbench import Workbench

_PREFIX: Final = "sweep:"
_PAGE: Final = 500

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Group:
    """What was saved of a sweep.

    Attributes:
        tag: the tag that all of it has.
        ids: of the saved configs, in the order of the members.
        new: how many of them were not there before.
        wanted: how many members there are.
        of: the sweep that it is of, as ``fingerprint`` tells it.
        problem: why the rest was not saved; empty where all was.
    """

    tag: str
    ids: tuple[str, ...]
    new: int
    wanted: int
    of: str
    problem: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether every member is in the library."""
        return len(self.ids) == self.wanted


def tag_of(plan: Plan) -> str:
    """The tag of a sweep: ``sweep:`` and its name, as much of it as a tag takes."""
    return f"{_PREFIX}{plan.name}"[:MAX_TAG].rstrip("-.")


def fingerprint(plan: Plan) -> str:
    """Tells sweeps with other members, other names or another target apart."""
    members = [(one.name, one.sha256) for one in plan.members]
    return hashlib.sha256(repr((str(plan.sweep.target), members)).encode()).hexdigest()


def refused(plan: Plan, error: SweepError) -> Group:
    """What came of a save that was refused before the first member."""
    return Group(tag_of(plan), (), 0, len(plan.members), fingerprint(plan), str(error))


def all_commands(plan: Plan) -> tuple[Command, ...]:
    """What the members' tools would run on the training machine, each command once."""
    found = (command for one in plan.members for command in commands(one.document))
    return tuple({command.sha256: command for command in found}.values())


def unapproved(plan: Plan, draft: Draft) -> tuple[Command, ...]:
    """The commands that the draft's user has not said yes to yet."""
    return tuple(one for one in all_commands(plan) if one.sha256 not in draft.consent)


def save(
    bench: Workbench, plan: Plan, draft: Draft, progress: Progress = lambda number: None
) -> Group:
    """Save each member as a config of its own, with the sweep's tag.

    What can be known before is found out before the first one is saved. A sweep that is there in
    part is made whole; what is there already is left as it is.

    Args:
        bench: whose library.
        plan: the sweep.
        draft: what it is made from: its template, and the commands its user has said yes to.
        progress: told the number of members that are done.

    Raises:
        NeedsConsent: somebody has to say yes to commands first; nothing was saved.
        SweepError: the names or the tag are taken by something else; nothing was saved.
    """
    if missing := unapproved(plan, draft):
        raise NeedsConsent(missing)
    there = _there(bench, plan)
    return _save(bench, plan, draft, there, progress)


def _save(
    bench: Workbench, plan: Plan, draft: Draft, there: Mapping[str, str], progress: Progress
) -> Group:
    ids: list[str] = []
    group = Group(tag_of(plan), (), 0, len(plan.members), fingerprint(plan))
    for number, member in enumerate(plan.members, 1):
        try:
            if member.name in there:
                ids.append(there[member.name])
            else:
                ids.append(_save_one(bench, plan, member, draft))
                group = replace(group, new=group.new + 1)
        except TunesmithError as error:
            return replace(group, ids=tuple(ids), problem=_problem(member, ids, error))
        progress(number)
    return replace(group, ids=tuple(ids))


def _problem(member: Member, ids: Collection[str], error: TunesmithError) -> str:
    saved = f"The {len(ids)} before it are saved." if ids else "None is saved."
    return f"{member.name} could not be saved. {error} {saved} Saving again goes on from there."


def _save_one(bench: Workbench, plan: Plan, member: Member, draft: Draft) -> str:
    """The id of a member that was saved just now, here or by another save of the same sweep."""
    new = _draft(plan, member, draft)
    try:
        config = bench.save(new, f"Member {member.number} of the sweep {plan.name}")
    except NameTaken:
        # The page of a save that a click has ended goes on for a moment beside the next one.
        if there := _there(bench, plan).get(member.name):
            return there
        raise
    bench.tag([config.id], [tag_of(plan)])
    return config.id


def _draft(plan: Plan, member: Member, draft: Draft) -> Draft:
    """A member as a draft that was never saved."""
    return replace(
        draft,
        name=member.name,
        document=member.document,
        base=member.document,
        text=member.text,
        origin=f"saved:{draft.template_type}",
        pending={},
        saved=None,
        target=str(plan.sweep.target),
        approved=tuple(draft.consent),
    )


# --- What is there already -----------------------------------------------------------------------


def _there(bench: Workbench, plan: Plan) -> dict[str, str]:
    """The ids of the members that are in the library already, by their names.

    Raises:
        SweepError: something else has the tag, or a member's name.
    """
    tag, members = tag_of(plan), {one.name: one for one in plan.members}
    check_name(plan.members[0].name)
    for row in _rows(bench, Query(tags=(tag,), limit=_PAGE)):
        if row.name not in members:
            raise SweepError(
                f"The library has another sweep with the tag {tag}; give this one another name."
            )
    found = bench.several([row.id for row in _named(bench, plan) if row.name in members])
    for config in found.values():
        if config.text != members[config.name].text:
            raise SweepError(
                f"The library has another config named {config.name}; "
                "give the sweep another name. Nothing was saved."
            )
    # A save that was cut short can have left one without its tag.
    bench.tag([config.id for config in found.values() if tag not in config.tags], [tag])
    return {config.name: config.id for config in found.values()}


def _named(bench: Workbench, plan: Plan) -> Iterator[Summary]:
    """The configs whose names begin as those of the members do, and some more."""
    return _rows(bench, Query(search=f"{plan.name}-", limit=_PAGE))


def _rows(bench: Workbench, query: Query) -> Iterator[Summary]:
    while True:
        page = bench.page(query)
        yield from page.rows
        if page.next is None:
            return
        query = replace(query, cursor=page.next)
