"""The GPUs that a user can name: memory as their maker states it, and whether they do bfloat16.

bfloat16 is there from compute capability 8.0 on (NVIDIA, CUDA programming guide): Ampere and newer.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

GIB: Final = 2**30
"""Bytes in one GiB."""

_FILE: Final = Path(__file__).parents[1] / "data" / "gpus.json"


@dataclass(frozen=True, slots=True)
class Gpu:
    """One kind of GPU.

    Attributes:
        id: how command lines and saved configs name it.
        title: its name on the screen.
        memory: in GiB; makers write GB and mean these.
        bf16: whether it computes in bfloat16.
    """

    id: str
    title: str
    memory: float
    bf16: bool


@cache
def every() -> Mapping[str, Gpu]:
    """All known GPUs by their ids, the smaller ones of a generation first."""
    entries = (Gpu(**item) for item in json.loads(_FILE.read_text(encoding="utf-8")))
    return MappingProxyType({gpu.id: gpu for gpu in entries})
