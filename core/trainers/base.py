"""What every trainer module offers."""

from collections.abc import Callable
from dataclasses import dataclass

from core.facts import Facts
from core.findings import Verdict


@dataclass(frozen=True, slots=True)
class Trainer:
    """A program that reads the file, together with the libraries it is judged with.

    Attributes:
        name: how configs and command lines name it.
        environment: the name of the set of libraries and the machine.
        requirements: those libraries, as pip writes them.
        judge: facts -> what the program would do; never raises.
    """

    name: str
    environment: str
    requirements: tuple[str, ...]
    judge: Callable[[Facts], Verdict]
