"""The fewest changes that make a config run."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from core.changes.delta import difference
from core.changes.patch import apply
from core.check import check
from core.document import Document, identical, write
from core.errors import PathError
from core.findings import Finding, Patch
from core.reading.target import DEFAULT, Target

_STEPS_MAX: Final = 40

# Each step checks the whole document; this much of it is checked at most on the way.
_CHECKED_BYTES: Final = 2_000_000


@dataclass(frozen=True, slots=True)
class Made:
    """A config that runs, or gets as far as changes to it can take it.

    Attributes:
        document: the changed config.
        patch: what makes the config it; empty where nothing helps.
        left: what stops the trainer all the same; empty where it runs.
    """

    document: Document
    patch: Patch
    left: tuple[Finding, ...]

    @property
    def runs(self) -> bool:
        """Whether the trainer gets to its end with it."""
        return not self.left


def make_run(document: Document, target: Target = DEFAULT) -> Made:
    """Mend what stops the trainer and nothing else.

    Every blocker's own fix is applied, in the order in which the trainer meets them; a change
    that turns out not to be needed is taken back.

    Raises:
        UnknownTarget: the target's trainer, environment or machine is not there.
    """
    mended = _mended(document, target)
    left = check(mended, target).trainer.blockers
    needed = mended if left else _least(document, mended, target)
    return Made(needed, difference(document, needed), left)


def _mended(document: Document, target: Target) -> Document:
    for _ in range(min(_STEPS_MAX, _checks(document))):
        step = next(_steps(document, target), None)
        if step is None:
            break
        document = step
    return document


def _steps(document: Document, target: Target) -> Iterator[Document]:
    """The documents that a blocker's fix leads to, each with fewer blockers or other ones."""
    blockers = check(document, target).trainer.blockers
    for blocker in blockers:
        if blocker.fix is None:
            continue
        mended = apply(document, blocker.fix)
        if not identical(mended, document):
            yield mended


def _least(document: Document, mended: Document, target: Target) -> Document:
    """The mended document without those changes that it runs without."""
    patch = difference(document, mended)
    learns = check(mended, target).trainer.learns
    if len(patch) ** 2 > _checks(document):
        return mended
    while fewer := next(_fewer(document, patch, target, learns=learns), None):
        patch = fewer
    return apply(document, patch)


def _checks(document: Document) -> int:
    """How often a document may be checked, so that none keeps a server busy."""
    return max(2, _CHECKED_BYTES // len(write(document)))


def _fewer(document: Document, patch: Patch, target: Target, *, learns: bool) -> Iterator[Patch]:
    """The patches with which it runs, and learns, too that lack one of the changes."""
    for operation in patch:
        fewer = tuple(other for other in patch if other is not operation)
        if fewer and _runs(document, fewer, target, learns=learns):
            yield fewer


def _runs(document: Document, patch: Patch, target: Target, *, learns: bool) -> bool:
    try:
        trainer = check(apply(document, patch), target).trainer
        return trainer.runs and trainer.learns >= learns
    except PathError:
        # A change that builds on the one left out.
        return False
