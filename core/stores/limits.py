"""What every store takes: how long, of which characters, and that the text is one JSON object.

Each check raises ``core.errors.Unacceptable`` with one sentence on what to change.
"""

import json
import re
import unicodedata
from collections.abc import Collection, Sequence
from typing import Any, Final

from core.document import Document, parse
from core.errors import DocumentError, NeedsConsent, Unacceptable
from core.reading.consent import Approval, commands, hashes, unapproved
from core.stores.listing import is_text
from core.stores.protocol import (
    MAX_BYTES,
    MAX_COMMANDS,
    MAX_DESCRIPTION,
    MAX_MESSAGE,
    MAX_NAME,
    MAX_TAG,
    MAX_TAGS,
    MAX_TARGET,
    VERSIONS_KEPT,
    Checked,
    Config,
    Content,
    KeptDraft,
    Version,
)

MAX_ERRORS_BYTES: Final = 64 * 1024
"""The most that the errors of one config may take as JSON; what goes beyond is cut."""
MAX_SLOT: Final = 200
MAX_DRAFT_NAME: Final = 2000
MAX_DRAFT_BYTES: Final = 4 * 1024 * 1024

# Control and format characters (zero-width and bidi ones among them), half surrogates, and the
# separators of lines and paragraphs: what makes two names look alike, or one look like another.
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_NO_TEXT: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_TEMPLATE_TYPE: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_TARGET: Final = re.compile(r"[ -~]*")


def check_content(content: Content) -> None:
    """Check everything that a user writes into a config.

    Raises:
        NeedsConsent: nobody said yes to one of its commands; all else is ``Unacceptable``.
    """
    check_name(content.name)
    check_description(content.description)
    check_template_type(content.template_type)
    check_target(content.target)
    _check_consent(check_text(content.text), content.approved)


def check_name(name: str) -> None:
    """Check the name of a config: 1 to 120 visible characters, no space around them."""
    _check_line("name", name, MAX_NAME)


def check_description(description: str) -> None:
    """Check a description: at most 2000 characters, line breaks and tabs among them."""
    _check_prose("description", description, MAX_DESCRIPTION)


def check_message(message: str) -> None:
    """Check what a user says about a version: at most 500 characters."""
    _check_prose("message", message, MAX_MESSAGE)


def is_template_type(text: str) -> bool:
    """Whether a text can stand as a config's template."""
    return bool(_TEMPLATE_TYPE.fullmatch(text))


def check_template_type(template_type: str) -> None:
    """Check the id of the preset that a config began with."""
    if not is_template_type(template_type):
        raise Unacceptable(
            f"The template {template_type[:50]!r} is not an id; "
            "write a small letter and up to 39 small letters, digits or underscores."
        )


def check_target(target: str) -> None:
    """Check what a config was checked for: at most 100 printable characters of ASCII."""
    _check_length("target", target, MAX_TARGET)
    if not _TARGET.fullmatch(target):
        raise Unacceptable(f"The target {target[:50]!r} does not exist; choose another one.")


def check_text(text: str) -> Document:
    """Check the JSON of a config: one strict object, at most 256 KiB, nested at most 20 deep."""
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        raise Unacceptable(
            f"The config has {size} bytes as JSON; shorten it to {MAX_BYTES} (256 KiB)."
        )
    try:
        return parse(text)
    except DocumentError as error:
        raise Unacceptable(f"The config can't be kept. {error}") from None


def _check_consent(document: Document, approved: Collection[Approval]) -> None:
    number = len({command.sha256 for command in commands(document)})
    if number > MAX_COMMANDS:
        raise Unacceptable(
            f"The tools run {number} different commands; a config has {MAX_COMMANDS} at most."
        )
    if missing := unapproved(document, hashes(approved)):
        raise NeedsConsent(missing)


def check_history(config: Config, versions: Sequence[Version]) -> None:
    """Check a config of another store, with its versions from the newest to the oldest."""
    check_content(config.content)
    check_tags(config.tags)
    for version in versions:
        check_content(version.content)
        check_message(version.message)
    numbers = [version.number for version in versions]
    falls = numbers == sorted(set(numbers), reverse=True)
    newest = (versions[0].number, versions[0].content.text) if versions else None
    if not falls or newest != (config.revision, config.text) or len(versions) > VERSIONS_KEPT:
        raise Unacceptable(f"The versions of {config.name!r} are not those of the config.")


def check_tags(tags: Collection[str]) -> None:
    """Check tags that are to be given: 1 to 40 visible characters each, 20 of them at most."""
    for tag in tags:
        _check_line("tag", tag, MAX_TAG)
    if len(set(tags)) > MAX_TAGS:
        raise Unacceptable(f"These are {len(set(tags))} tags; a config has {MAX_TAGS} at most.")


def check_draft(draft: KeptDraft) -> None:
    """Check unsaved work: it may be unfinished and its name one that can't be saved, yet."""
    if not 1 <= len(draft.slot) <= MAX_SLOT or len(draft.config_id or "") > MAX_SLOT:
        raise Unacceptable("This draft belongs to no browser session; load the page again.")
    _check_length("draft's name", draft.name, MAX_DRAFT_NAME)
    if len(draft.payload.encode("utf-8", "surrogatepass")) > MAX_DRAFT_BYTES:
        raise Unacceptable("The draft is over 4 MiB; download it to keep it, or shorten it.")
    if not is_text(draft.slot + draft.name + (draft.config_id or "") + draft.payload):
        raise Unacceptable("The draft has half of a surrogate pair in it; delete it.")


def kept_errors(checked: Checked) -> list[dict[str, Any]] | None:
    """The errors that fit into 64 KiB of JSON; ``None`` where there are none.

    The ones that don't fit are left out from the end: a config with more errors than that is kept
    all the same.
    """
    kept: list[dict[str, Any]] = []
    size = 2
    for error in checked.errors or ():
        size += len(json.dumps(error)) + 1
        if size > MAX_ERRORS_BYTES:
            break
        kept.append(error)
    return kept or None


def _check_line(what: str, text: str, most: int) -> None:
    """Check a text of one line that a list shows."""
    if not text.strip():
        raise Unacceptable(f"The {what} is empty; write one.")
    if text != text.strip():
        raise Unacceptable(f"The {what} begins or ends with a space; delete it.")
    _check_length(what, text, most)
    for place, character in enumerate(text, 1):
        if unicodedata.category(character) in _HIDDEN:
            raise Unacceptable(
                f"Character {place} of the {what} (U+{ord(character):04X}) can't be seen; "
                "delete it."
            )


def _check_prose(what: str, text: str, most: int) -> None:
    """Check a text of several lines."""
    _check_length(what, text, most)
    if found := _NO_TEXT.search(text):
        raise Unacceptable(
            f"Character {found.start() + 1} of the {what} (U+{ord(found.group()):04X}) "
            "is a control character; delete it."
        )


def _check_length(what: str, text: str, most: int) -> None:
    if len(text) > most:
        raise Unacceptable(f"The {what} has {len(text)} characters; shorten it to {most}.")
