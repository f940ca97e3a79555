"""What the tests of links hand in."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from core.document import write
from core.identity.protocol import Actor
from core.presets import find
from core.shares.protocol import SharedReader, Shares
from core.shares.snapshot import Column, Snapshot
from tests.stores import TEXT, Clock, Stores

FAKE_TOKEN: Final = "hf_" + "Ab3" * 12
"""Looks like a secret, and opens nothing."""


@dataclass(frozen=True)
class Links:
    """One back end in which Anna and Bert can make links.

    Attributes:
        open: gives a user's links.
        reader: what anybody reads with.
        stores: the configs of the same back end.
    """

    open: Callable[[Actor], Shares]
    reader: SharedReader
    stores: Stores

    @property
    def anna(self) -> Shares:
        return self.open(self.stores.users[0])

    @property
    def bert(self) -> Shares:
        return self.open(self.stores.users[1])

    @property
    def clock(self) -> Clock | None:
        return self.stores.clock


def column(text: str = TEXT, title: str = "run", **changes: Any) -> Column:
    return Column(title, text, **{"detail": "version 1", **changes})


def of_config(text: str = TEXT, **changes: Any) -> Snapshot:
    """One config as it is shared."""
    return Snapshot("config", (column(text, **changes),))


def comparison(*columns: Column, **changes: Any) -> Snapshot:
    """A comparison as it is shared; of two templates where nothing is given."""
    found = columns or tuple(map(template, ("sft_toolbench", "dpo_basic")))
    return Snapshot("comparison", found, **changes)


def template(name: str) -> Column:
    return column(write(find(name).config), name, detail="template", template_type=name)


def with_secret(**keys: Any) -> str:
    """The text of a config that holds what looks like a secret."""
    return json.dumps({"model": {"name": "a/b", **(keys or {"api_key": FAKE_TOKEN})}})
