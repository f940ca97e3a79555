"""What every trainer module offers: one ``TRAINER``, which is data and a few functions."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from core.document import Path
from core.errors import UnknownTarget
from core.findings import Finding, Verdict
from core.reading.profile import Profile
from core.reading.target import ENVIRONMENTS, Libraries, Machine, Setting, Target, machine
from core.reading.view import View
from core.reading.wording import shown
from core.trainers.facts import Facts

Stage = Callable[[Facts], Iterable[Finding]]
Lesson = Callable[[Facts], bool]
Why = Literal["written", "default", "override", "capped", "ignored", "derived", "fixed", "stops"]


@dataclass(frozen=True, slots=True)
class Used:
    """A value that a run takes for a key, whatever is written there.

    Attributes:
        name: the field, such as ``training.optim``, or an argument of the libraries.
        value: what the run takes; ``ABSENT`` for nothing at all.
        why: how it comes about.
        reason: the same in one sentence.
        source: where the trainer does so.
    """

    name: str
    value: Any
    why: Why
    reason: str
    source: str


@dataclass(frozen=True, slots=True)
class Trainer:
    """A program that reads the file.

    Attributes:
        name: how configs and command lines name it.
        title: its name on the screen.
        source: where its code is, with the commit that all statements are about.
        summary: what it is, in one sentence.
        libraries: the versions it would run with, by environment and machine.
        profile: what it makes of each key, with these libraries.
        stages: what it does, in its order; each yields why the run ends there.
        lessons: each says whether a run would change nothing or have no signal.
        imports: what pip has to install besides, each with the configs that need it.
        uses: the values that a run takes whatever is written, those that nobody can set too.
        located: a text with ``file:line`` of the code that the stages speak of, for this one's.
    """

    name: str
    title: str
    source: str
    summary: str
    libraries: Callable[[str, Machine], Libraries]
    profile: Callable[[Libraries], Profile]
    stages: tuple[Stage, ...]
    lessons: tuple[Lesson, ...]
    imports: tuple[tuple[str, Callable[[View], bool]], ...]
    uses: Callable[[Facts], Iterable[Used]]
    located: Callable[[str], str] = str

    def setting(self, target: Target) -> Setting:
        """Everything about a target of this trainer.

        Raises:
            UnknownTarget: its machine or environment is not there.
        """
        if target.environment not in ENVIRONMENTS:
            named, known = shown(target.environment), ", ".join(ENVIRONMENTS)
            raise UnknownTarget(f"There is no environment {named}; choose one of: {known}.")
        where = machine(target.machine)
        libraries = self.libraries(target.environment, where)
        return Setting(target, self.profile(libraries), libraries, where)

    def judge(self, facts: Facts) -> Verdict:
        """What the program would do with a file; never raises."""
        learns = not any(lesson(facts) for lesson in self.lessons)
        blockers = tuple(self._blockers(facts))
        return Verdict(self.name, facts.setting.target.label, blockers, learns)

    def _blockers(self, facts: Facts) -> Iterator[Finding]:
        """One blocker for each reason and place, where two stages meet the same value."""
        seen: set[tuple[str, Path]] = set()
        for stage in self.stages:
            for blocker in stage(facts):
                reason = blocker.rule, blocker.path
                if reason not in seen:
                    seen.add(reason)
                    yield replace(blocker, message=self.located(blocker.message))
