"""What is told about the memory of a run: its parts, their peak, and how far to trust it."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Literal

Basis = Literal["verified", "estimate"]
Phase = Literal["training", "evaluation"]
Source = Literal["model_dims", "config.json"]
GIB: Final = 2**30
MARGIN: Final = 0.3
"""How far a total may be off, as a share of it."""

TITLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "weights_4bit": "4-bit weights",
        "weights_other": "other weights",
        "weights": "weights",
        "reference": "reference model",
        "adapters": "adapters",
        "gradients": "gradients",
        "optimizer": "optimizer",
        "activations": "activations",
        "logits": "logits",
        "overhead": "overhead",
    }
)
"""The parts, each with its name on the screen, in the order in which they are told."""


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that takes memory.

    Attributes:
        name: a key of ``TITLES``.
        size: bytes.
        arithmetic: how they come about, with the numbers filled in.
        basis: whether the formula was seen to hold in a run, or is an estimate.
    """

    name: str
    size: int
    arithmetic: str
    basis: Basis = "verified"

    @property
    def title(self) -> str:
        """Its name on the screen."""
        return TITLES[self.name]

    def as_json(self) -> dict[str, Any]:
        """The part as the command line prints it."""
        return {
            "name": self.name,
            **_sizes(self.size),
            "basis": self.basis,
            "arithmetic": self.arithmetic,
        }


@dataclass(frozen=True, slots=True)
class Peak:
    """The moment at which a run takes the most memory.

    Attributes:
        phase: when that is.
        sequences: sequences that are on the GPU then.
        tokens: length of each of them.
        parts: what takes memory, in the order of ``TITLES``.
    """

    phase: Phase
    sequences: int
    tokens: int
    parts: tuple[Part, ...]

    @property
    def total(self) -> int:
        """Bytes in all."""
        return sum(part.size for part in self.parts)

    def size(self, name: str) -> int:
        """Bytes of one part; 0 where there is none of that name."""
        return sum(part.size for part in self.parts if part.name == name)

    def as_json(self) -> dict[str, Any]:
        """The peak as the command line prints it."""
        return {
            **_sizes(self.total),
            "phase": self.phase,
            "sequences": self.sequences,
            "tokens": self.tokens,
            "parts": [part.as_json() for part in self.parts],
        }


@dataclass(frozen=True, slots=True)
class Memory:
    """How much GPU memory a run takes.

    Attributes:
        worst: where a batch is full of rows as long as ``max_length`` lets them be.
        likely: with rows as long as the data make them; the same where nobody measured them.
        model: the model whose sizes were taken.
        source: where these sizes are from.
        notes: what there is to know about the numbers.
    """

    worst: Peak
    likely: Peak
    model: str
    source: Source
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The estimate as the command line prints it under ``memory``."""
        return {
            "worst": self.worst.as_json(),
            "likely": self.likely.as_json(),
            "margin": MARGIN,
            "model": {"name": self.model, "source": self.source},
            "notes": list(self.notes),
        }


def _sizes(size: int) -> dict[str, Any]:
    return {"gib": round(size / GIB, 2), "bytes": size}


def size_text(size: int) -> str:
    """Bytes in the unit that people read: ``21.7 GiB``, ``0.21 GiB``, ``35 MiB``."""
    gib = size / GIB
    if gib >= 10:
        return f"{gib:.1f} GiB"
    return f"{gib:.2f} GiB" if gib >= 0.1 else f"{size / 2**20:.0f} MiB"
