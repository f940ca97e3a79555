"""What a config is judged for: a trainer, the libraries it runs with, and a machine."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from packaging.version import Version

from core.errors import UnknownTarget
from core.reading import gpus
from core.reading.profile import TINY_TOOL_USE, Profile
from core.reading.wording import shown

ENVIRONMENTS: Final = ("pinned", "today")
"""The newest libraries that a trainer works with, and the newest that there are."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What a run happens on.

    Attributes:
        id: how command lines and saved configs name it.
        title: its name on the screen.
        has_gpu: whether it has a GPU that the libraries can use.
        has_bf16: whether it computes in bfloat16: Ampere and newer do.
        memory: the GPU's memory in GiB, or ``None`` where none is named.
    """

    id: str
    title: str
    has_gpu: bool = True
    has_bf16: bool = True
    memory: float | None = None


GPU: Final = Machine("gpu", "One recent GPU")
CPU: Final = Machine("cpu", "CPU only", has_gpu=False, has_bf16=False)

_SIZED: Final = re.compile(r"gpu-([1-9]\d{0,3}(?:\.\d)?)", re.ASCII)


def machine(name: str) -> Machine:
    """The machine of that id: ``gpu``, ``cpu``, ``gpu-24`` for one with 24 GiB, or a GPU's id.

    Raises:
        UnknownTarget: there is none.
    """
    if sized := _SIZED.fullmatch(name):
        gib = float(sized.group(1))
        return Machine(name, f"A recent GPU with {gib:g} GiB", memory=gib)
    if gpu := gpus.every().get(name):
        title = f"{gpu.title}, {gpu.memory:g} GiB" if "GB" not in gpu.title else gpu.title
        return Machine(gpu.id, title, has_bf16=gpu.bf16, memory=gpu.memory)
    known = {one.id: one for one in (GPU, CPU)}
    if name not in known:
        ids = ", ".join((*known, *gpus.every()))
        raise UnknownTarget(
            f"There is no machine {shown(name)}; choose one of: {ids}, gpu-24 (any with 24 GiB)."
        )
    return known[name]


def machines(present: str = GPU.id) -> tuple[str, ...]:
    """The ids of the machines to choose from, and that of the present one."""
    return tuple(dict.fromkeys((GPU.id, CPU.id, present, *gpus.every())))


@dataclass(frozen=True, slots=True)
class Target:
    """What a config is judged for, by the names that commands and saved configs use."""

    trainer: str = TINY_TOOL_USE.trainer
    environment: str = ENVIRONMENTS[0]
    machine: str = GPU.id

    def __str__(self) -> str:
        """The target as it is saved: ``tiny_tool_use/pinned/gpu``; empty for the default."""
        return "" if self == DEFAULT else f"{self.trainer}/{self.environment}/{self.machine}"

    @property
    def label(self) -> str:
        """Environment and machine as a report names them; the default machine goes unnamed."""
        return self.environment if self.machine == GPU.id else f"{self.environment}/{self.machine}"


DEFAULT: Final = Target()


def parse_target(text: str) -> Target:
    """The target that ``str`` wrote; whether what it names is there, ``trainers.setting`` says.

    Raises:
        UnknownTarget: the text is none.
    """
    if not text:
        return DEFAULT
    parts = text.split("/")
    if len(parts) != 3 or not all(parts):
        raise UnknownTarget(
            f"{shown(text)} is not a target; write trainer/environment/machine, "
            "such as tiny_tool_use/pinned/gpu."
        )
    return Target(*parts)


@dataclass(frozen=True, slots=True)
class Libraries:
    """The libraries of an environment: by the name of a package its version, in pip's order."""

    versions: Mapping[str, str] = field(default_factory=dict)

    def have(self, package: str, version: str) -> bool:
        """Whether a package is there in that version or a newer one."""
        own = self.versions.get(package)
        return own is not None and Version(own) >= Version(version)

    @property
    def requirements(self) -> tuple[str, ...]:
        """As pip writes them."""
        return tuple(f"{package}=={version}" for package, version in self.versions.items())


@dataclass(frozen=True, slots=True)
class Setting:
    """A target with everything about it looked up.

    Attributes:
        target: by name.
        profile: what the trainer makes of each key.
        libraries: what it runs with.
        machine: what it runs on.
    """

    target: Target
    profile: Profile
    libraries: Libraries
    machine: Machine
