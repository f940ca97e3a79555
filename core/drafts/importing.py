"""What an import would bring in, before anything is opened or changed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Final

from core import fields
from core.changes.patch import apply
from core.check import check
from core.document import Document, Path, Source, read, walk, write
from core.errors import DocumentError
from core.findings import Finding, Report
from core.reading.consent import Command, commands

_SUSPICIOUS: Final = (
    "security.secret",
    "security.tool_command",
    "security.tool_api",
    "security.tool_headers",
    "security.log_dir_escape",
    "security.model_path",
    "security.personal_path",
    "security.trust_remote_code.org",
)


@dataclass(frozen=True, slots=True)
class Import:
    """One file with what there is to know before it is opened.

    Attributes:
        name: the file's name without its ending.
        source: the document and its text.
        report: everything that the checks say.
        kept: how many settings are known and kept as they are.
        unknown: keys that no part of the trainer knows; they are kept.
        repairs: findings about the file's form whose fixes can be applied on the way in.
        suspicious: secrets, personal paths, tools that run commands or send requests.
        approved: the hashes of the commands that the user has said yes to.
    """

    name: str
    source: Source
    report: Report
    kept: int
    unknown: tuple[Path, ...]
    repairs: tuple[Finding, ...]
    suspicious: tuple[Finding, ...]
    approved: tuple[str, ...] = ()

    @property
    def commands(self) -> tuple[Command, ...]:
        """What its tools would run; it is saved only with a yes to each."""
        return commands(self.source.document)

    def approving(self, said: Iterable[Command]) -> "Import":
        """The same file once the user has said yes to these commands."""
        given = (*self.approved, *(command.sha256 for command in said))
        return replace(self, approved=tuple(dict.fromkeys(given)))

    def renamed(self, name: str) -> "Import":
        """The same file under another name."""
        return replace(self, name=name)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A file that is not a config, with the reason in one sentence."""

    name: str
    reason: str


def inspect(file: str, data: bytes) -> Import | Refusal:
    """Look at an uploaded file or a pasted text without changing anything."""
    name = PurePath(file).stem or "imported"
    try:
        source = read(data)
    except DocumentError as error:
        return Refusal(name, str(error))
    report = check(source.document)
    return Import(
        name=name,
        source=source,
        report=report,
        kept=sum(1 for path, _ in walk(source.document) if fields.find(path)),
        unknown=tuple(fields.unknown(source.document)),
        repairs=_chosen(report, ("import.", "config.key.unknown"), with_fix=True),
        suspicious=_chosen(report, _SUSPICIOUS, with_fix=False),
    )


def repaired(document: Document, chosen: Sequence[Finding]) -> Document:
    """The document with the chosen repairs, each only while it is still what the checks offer.

    Two repairs can aim at one key; the second is then left out, and its key stays to be seen.
    """
    for repair in chosen:
        for offered in check(document).findings:
            if (offered.rule, offered.path) == (repair.rule, repair.path) and offered.fix:
                document = apply(document, offered.fix)
                break
    return document


def with_repairs(item: Import, chosen: Sequence[Finding]) -> Import:
    """The file as it would be with these repairs; without any it keeps its bytes."""
    if not chosen:
        return item
    document = repaired(item.source.document, chosen)
    return replace(item, source=Source(document, write(document)))


def _chosen(report: Report, rules: Sequence[str], *, with_fix: bool) -> tuple[Finding, ...]:
    wanted = (finding for finding in report.findings if finding.rule.startswith(tuple(rules)))
    return tuple(finding for finding in wanted if finding.fix or not with_fix)
