"""What a link shows: configs as they were when it was made, with how they were shown.

What is saved later never gets into a link that is out already. A snapshot names no user.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from core.check import check
from core.comparing.selection import Show
from core.document import Document, parse
from core.errors import DocumentError, NeedsConsent, Unacceptable
from core.findings import Finding
from core.reading.consent import Approval, hashes, unapproved
from core.stores import limits
from core.stores.listing import is_text
from core.stores.protocol import MAX_BYTES, MAX_DESCRIPTION, MAX_NAME, MAX_TARGET, Config
from core.system.secrets import kind_of

Kind = Literal["config", "comparison"]

MAX_COLUMNS: Final = 50
MAX_SNAPSHOT: Final = 1024 * 1024
"""The most that a snapshot may take as JSON."""

_SECRETS: Final = frozenset({"security.secret", "security.tool_headers"})
_PERSONAL: Final = frozenset({"security.personal_path", "security.model_path"})
_LONGEST_DETAIL: Final = 60
_PLACES_NAMED: Final = 5


@dataclass(frozen=True, slots=True)
class Column:
    """One config of a snapshot.

    Attributes:
        title: its name.
        text: the JSON, byte for byte.
        detail: what it is, in a few words: ``version 3``.
        description: what its owner says about it; may be empty.
        template_type: the id of the preset that it began with, or ``custom``.
        target: what it is judged for, as ``core.reading.target`` writes it; empty for the default.
        approved: the recorded yes to each command of its tools; no reader sees them.
    """

    title: str
    text: str
    detail: str = ""
    description: str = ""
    template_type: str = "custom"
    target: str = ""
    approved: tuple[Approval, ...] = ()

    @property
    def document(self) -> Document:
        """What it holds."""
        return parse(self.text)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a link shows.

    Attributes:
        kind: one config, or a comparison of some.
        columns: the configs; one where it is no comparison.
        base: the place of the one that the others are held against.
        show: which rows of the comparison.
        search: words that its rows have to contain.
        ignore: paths that it leaves out.
    """

    kind: Kind
    columns: tuple[Column, ...]
    base: int = 0
    show: Show = "differences"
    search: str = ""
    ignore: tuple[str, ...] = ()

    @property
    def approved(self) -> tuple[Approval, ...]:
        """The recorded yes to each command of its configs, each command once."""
        found = {one.sha256: one for column in self.columns for one in column.approved}
        return tuple(found.values())


def of_config(config: Config) -> Snapshot:
    """A snapshot of a saved config, in the version that was read."""
    column = Column(
        title=config.name,
        text=config.text,
        detail=f"version {config.revision}",
        description=config.description,
        template_type=config.template_type,
        target=config.target,
        approved=config.approved,
    )
    return Snapshot("config", (column,))


# --- What may be shared --------------------------------------------------------------------------


def check_shareable(snapshot: Snapshot, title: str) -> None:
    """Check what is to be shared.

    Raises:
        Unacceptable: there is a secret in it, or it is too much for one link.
        NeedsConsent: nobody said yes to one of its commands.
    """
    limits.check_name(title)
    if not 1 <= len(snapshot.columns) <= MAX_COLUMNS:
        raise Unacceptable(
            f"These are {len(snapshot.columns)} configs; a link shows 1 to {MAX_COLUMNS}. "
            "Leave some out."
        )
    documents = [limits.check_text(column.text) for column in snapshot.columns]
    _check_secrets(snapshot, title, documents)
    approved = hashes(snapshot.approved)
    missing = [one for document in documents for one in unapproved(document, approved)]
    if missing:
        raise NeedsConsent(missing)
    size = len(to_json(snapshot).encode("utf-8", "surrogatepass"))
    if size > MAX_SNAPSHOT:
        raise Unacceptable(f"This has {size} bytes; a link shows {MAX_SNAPSHOT} (1 MiB) at most.")


def _check_secrets(snapshot: Snapshot, title: str, documents: Sequence[Document]) -> None:
    for column, document in zip(snapshot.columns, documents, strict=True):
        texts = {
            "the title": title,
            "its name": column.title,
            "its description": column.description,
        }
        places = [name for name, text in texts.items() if kind_of(text)]
        places += [repr(finding.field) for finding in _found(document, _SECRETS)]
        if places:
            raise Unacceptable(_refusal(snapshot, column, places))
    if kind_of(" ".join((snapshot.search, *snapshot.ignore))):
        raise Unacceptable("The words that are searched for hold a secret; take them away.")


def _refusal(snapshot: Snapshot, column: Column, places: Sequence[str]) -> str:
    named = ", ".join(places[:_PLACES_NAMED])
    more = f" and {len(places) - _PLACES_NAMED} more places" if places[_PLACES_NAMED:] else ""
    # A name that holds a secret itself is not said again.
    of = "" if snapshot.kind == "config" or kind_of(column.title) else f" of {column.title!r}"
    is_one = len(places) == 1
    return (
        f"No link is made: {named}{more}{of} {'looks' if is_one else 'look'} like "
        f"{'a secret' if is_one else 'secrets'}. Remove {'it' if is_one else 'them'} from the "
        "config, revoke it where it came from, and save."
    )


def cautions(snapshot: Snapshot) -> tuple[str, ...]:
    """What its owner may not want to show: paths and addresses of one machine; none stops a link.

    A config whose text is no document has none; ``check_shareable`` refuses it.
    """
    said: list[str] = []
    for column in snapshot.columns:
        try:
            found = _found(column.document, _PERSONAL)
        except DocumentError:
            continue
        said += [finding.message for finding in found]
    return tuple(dict.fromkeys(said))


def _found(document: Document, rules: Collection[str]) -> list[Finding]:
    return [finding for finding in check(document) if finding.rule in rules]


# --- As it is kept -------------------------------------------------------------------------------


def to_json(snapshot: Snapshot) -> str:
    """The snapshot as stores keep it: nothing in it tells whose it is."""
    columns = [
        {
            "title": column.title,
            "text": column.text,
            "detail": column.detail,
            "description": column.description,
            "template_type": column.template_type,
            "target": column.target,
        }
        for column in snapshot.columns
    ]
    view = {"base": snapshot.base, "show": snapshot.show, "search": snapshot.search}
    written = {"kind": snapshot.kind, "columns": columns, **view, "ignore": list(snapshot.ignore)}
    return json.dumps(written, ensure_ascii=False)


def from_json(text: str) -> Snapshot:
    """The snapshot that ``to_json`` wrote; somebody else may have written it.

    Raises:
        ValueError: it is none.
    """
    try:
        value = json.loads(text)
        if not isinstance(value, dict) or not 1 <= len(value["columns"]) <= MAX_COLUMNS:
            raise ValueError
        columns = tuple(map(_column, value["columns"]))
        return Snapshot(
            kind=_one_of(get_args(Kind), value["kind"]),
            columns=columns,
            base=_one_of(range(len(columns)), value["base"]),
            show=_one_of(get_args(Show), value["show"]),
            search=_text(value["search"], MAX_DESCRIPTION),
            ignore=tuple(_text(path, MAX_DESCRIPTION) for path in value["ignore"]),
        )
    except (KeyError, TypeError, RecursionError, DocumentError, Unacceptable) as error:
        raise ValueError from error


def _column(value: Any) -> Column:
    column = Column(
        title=_text(value["title"], MAX_NAME),
        text=_text(value["text"], MAX_BYTES),
        detail=_text(value["detail"], _LONGEST_DETAIL),
        description=_text(value["description"], MAX_DESCRIPTION),
        template_type=_text(value["template_type"], MAX_NAME),
        target=_text(value["target"], MAX_TARGET),
    )
    limits.check_text(column.text)
    return column


def _one_of(known: Sequence[Any], value: Any) -> Any:
    # ``True`` is equal to 1.
    if isinstance(value, bool) or value not in known:
        raise ValueError
    return value


def _text(value: Any, most: int) -> str:
    if not isinstance(value, str) or len(value) > most or not is_text(value):
        raise ValueError
    return value


def shortened(detail: str) -> str:
    """What a column is, cut to the length that a snapshot takes."""
    return detail if len(detail) <= _LONGEST_DETAIL else f"{detail[: _LONGEST_DETAIL - 1]}…"
