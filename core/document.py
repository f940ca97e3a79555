"""JSON text <-> document, strictly and without loss, and paths into a document.

A document is the JSON object as the user has it. Reading accepts exactly what every JSON reader
agrees on: what Python's ``json`` lets through in silence (``NaN``, duplicate keys, lone
surrogates) is refused here with its line and column. A document is never changed in place;
``put`` and ``drop`` copy the objects along the path and share the rest.
"""

import codecs
import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from core.errors import DocumentError, PathError

Document = dict[str, Any]
Path = tuple[str | int, ...]

MAX_BYTES: Final = 1024 * 1024
MAX_DEPTH: Final = 20
MAX_INTEGER: Final = 2**53


class Absent:
    """The type of ``ABSENT``: no value at all, which is not the same as ``null``."""

    def __repr__(self) -> str:
        return "ABSENT"

    def __bool__(self) -> bool:
        return False


ABSENT: Final = Absent()


@dataclass(frozen=True, slots=True)
class Source:
    """A document together with the text it was read from.

    Attributes:
        document: the parsed object.
        text: the text as it came in, without a byte-order mark.
        had_bom: whether a UTF-8 byte-order mark was dropped; the trainer would stop at it.
    """

    document: Document
    text: str
    had_bom: bool = False


def read(data: bytes) -> Source:
    """Read an uploaded or stored file.

    Raises:
        DocumentError: not UTF-8, over 1 MiB, or not one strict JSON object.
    """
    if len(data) > MAX_BYTES:
        raise DocumentError(f"The file has {len(data)} bytes; shorten it to {MAX_BYTES} (1 MiB).")
    had_bom = data.startswith(codecs.BOM_UTF8)
    text = _decode(data.removeprefix(codecs.BOM_UTF8))
    return Source(parse(text), text, had_bom)


def parse(text: str) -> Document:
    """Parse the text of one config.

    Raises:
        DocumentError: with the line, the column and the reason of the first fault.
    """
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise DocumentError("The text is over 1 MiB; shorten it to 1 MiB at most.")
    value = parse_value(text)
    if not isinstance(value, dict):
        start = len(text) - len(text.lstrip())
        raise _at(text, start, f"This is {type_name(value)}; write one object: {{ ... }}.")
    return value


def parse_value(text: str, depth: int = MAX_DEPTH) -> Any:
    """Parse any one strict JSON value, such as the parameters of a tool, nested at most so deep.

    Raises:
        DocumentError: with the line, the column and the reason of the first fault.
    """
    if not text.strip():
        raise DocumentError("There is no JSON here; write an object: { ... }.")
    fault = _Scan(text, depth).fault()
    sound = text if fault is None else text[: fault.position].rstrip()
    try:
        value = json.loads(sound)
    except json.JSONDecodeError as error:
        # A fault at the end of the sound part is only that the text was cut there.
        if fault is None or error.pos < len(sound):
            raise _at(text, error.pos, _grammar(text, error)) from None
    if fault:
        raise _at(text, fault.position, fault.reason)
    return value


def write(document: Any) -> str:
    """Write a JSON value: two spaces, keys in order, a newline at the end."""
    return _written(document, "\n") + "\n"


def same(left: Any, right: Any) -> bool:
    """Whether two values are the same, type included: ``1``, ``1.0`` and ``true`` differ."""
    if type(left) is not type(right) or left != right:
        return False
    # Compiled code finds most values that are the same; 1, 1.0 and true are written differently.
    if not isinstance(left, dict | list) or repr(left) == repr(right):
        return True
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    return len(left) == len(right) and all(map(same, left, right))


def identical(left: Any, right: Any) -> bool:
    """Whether two JSON values are written alike: ``same``, and with the keys in the same order."""
    return same(left, right) and write(left) == write(right)


def type_name(value: Any) -> str:
    """The JSON type of a value, in words that fit after "is"."""
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false", int: "a number"}
    return names.get(type(value), "null" if value is None else "a number")


def get(document: Any, path: Path, default: Any = ABSENT) -> Any:
    """The value at a path, or ``default`` where the path leads nowhere."""
    value = document
    for step in path:
        if not _leads(value, step):
            return default
        value = value[step]
    return value


def _leads(value: Any, step: str | int) -> bool:
    if isinstance(step, int):
        return isinstance(value, list) and 0 <= step < len(value)
    return isinstance(value, dict) and step in value


def put(document: Any, path: Path, value: Any) -> Any:
    """A copy of the document with the value set at the path.

    Missing objects on the way are made. A new key goes to the end of its object.

    Raises:
        PathError: where the path goes through a value that is no object or list.
    """
    return _put(document, path, value, path)


def _put(holder: Any, path: Path, value: Any, whole: Path) -> Any:
    if not path:
        return value
    step, rest = path[0], path[1:]
    if isinstance(holder, list) and _leads(holder, step):
        index = int(step)
        return [*holder[:index], _put(holder[index], rest, value, whole), *holder[index + 1 :]]
    if isinstance(holder, dict) and isinstance(step, str):
        return {**holder, step: _put(holder.get(step, {}), rest, value, whole)}
    place = path_text(whole)
    raise PathError(f"There is no place {place!r} to write to; mend what holds it first.")


def drop(document: Any, path: Path) -> Any:
    """A copy of the document without the value at the path; unchanged where there is none."""
    if get(document, path) is ABSENT or not path:
        return document
    parent, last = get(document, path[:-1]), path[-1]
    if isinstance(parent, list):
        return put(document, path[:-1], [item for i, item in enumerate(parent) if i != last])
    return put(document, path[:-1], {key: item for key, item in parent.items() if key != last})


def walk(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every value in a document with its path, containers before what they hold."""
    yield path, value
    if isinstance(value, dict):
        for key, item in value.items():
            yield from walk(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from walk(item, (*path, index))


def path_text(path: Path) -> str:
    """A path as people write it: ``tools[2].parameters``, with odd keys quoted: ``data["a.b"]``."""
    parts = [_step_text(step, first=index == 0) for index, step in enumerate(path)]
    return "".join(parts)


def pointer(path: Path) -> str:
    """A path as RFC 6901 writes it: ``/tools/2/parameters``."""
    steps = (str(step).replace("~", "~0").replace("/", "~1") for step in path)
    return "".join("/" + step for step in steps)


_PLAIN_KEY = re.compile(r"[A-Za-z_$][\w$-]*", re.ASCII)


def _step_text(step: str | int, *, first: bool) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    if _PLAIN_KEY.fullmatch(step):
        return step if first else "." + step
    return f"[{json.dumps(step, ensure_ascii=False)}]"


def _decode(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")):
        raise DocumentError("The file is UTF-16 or UTF-32; save it as UTF-8.")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        fault = f"Byte 0x{data[error.start]:02x} is not UTF-8; save the file as UTF-8."
        raise _at(before, len(before), fault) from None


def _at(text: str, position: int, reason: str) -> DocumentError:
    line = text.count("\n", 0, position) + 1
    column = position - text.rfind("\n", 0, position)
    return DocumentError(reason, line, column)


# CPython's own words (json/decoder.py and Modules/_json.c), with what to do about each.
_GRAMMAR: Final = {
    "Expecting value": "A value is missing or is not JSON; write text in double quotes, "
    "a number, true, false, null, a list or an object.",
    "Expecting property name enclosed in double quotes": "Write a key in double quotes here.",
    "Expecting ':' delimiter": "Write a colon between a key and its value.",
    "Expecting ',' delimiter": "Write a comma before this, or close the bracket that is open.",
    "Extra data": "The JSON ends before this; delete what follows.",
    "Unterminated string starting at": "Write the double quote that closes this text.",
    "Invalid \\escape": "This backslash means nothing in JSON; write \\\\ for a backslash.",
    "Invalid \\uXXXX escape": "Write four hexadecimal digits after \\u.",
    "Unexpected UTF-8 BOM (decode using utf-8-sig)": "Delete the byte-order mark.",
}

_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+)
      | (?P<string>"(?:[^"\\\x00-\x1f]|\\.)*")
      | (?P<number>-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.]))
      | (?P<numeral>[+-]?\.?\d[\w.+-]*)
      | (?P<word>-?[A-Za-z_]\w*)
      | (?P<comment>//|/\*|\#)
      | (?P<open>[{\[])
      | (?P<close>[}\]])
      | (?P<mark>[:,])
      | (?P<quote>')
      | (?P<nul>\x00)""",
    re.VERBOSE | re.ASCII,
)

_WORDS: Final = {
    "NaN": "NaN is not a JSON number; give a finite number.",
    "Infinity": "Infinity is not a JSON number; give a finite number.",
    "-Infinity": "-Infinity is not a JSON number; give a finite number.",
    "True": "Write true in lower case.",
    "False": "Write false in lower case.",
    "None": "Write null instead of None.",
}

_NUL: Final = "A NUL character is not text; delete it, or save the file as UTF-8."

_SURROGATE = re.compile("[\ud800-\udfff]")


def _grammar(text: str, error: json.JSONDecodeError) -> str:
    if error.msg == "Invalid control character at":
        code = ord(text[error.pos])
        if code == 0:
            return _NUL
        escape = {9: "\\t", 10: "\\n", 13: "\\r"}.get(code, f"\\u{code:04x}")
        return f"Text may not hold a raw line break, tab or control character; write {escape}."
    return _GRAMMAR.get(error.msg, f"{error.msg}; correct the JSON here.")


class _Fault(Exception):
    """A fault at a 0-based position of the text."""

    def __init__(self, position: int, reason: str) -> None:
        super().__init__(reason)
        self.position = position
        self.reason = reason


class _Scan:
    """One pass over the tokens, for the faults that ``json.loads`` accepts or words badly.

    It stops at the first thing that is no JSON token: grammar is ``json.loads``'s to refuse.
    """

    def __init__(self, text: str, depth: int) -> None:
        self.text = text
        self.depth = depth
        self.keys: list[set[str] | None] = []
        self.last_string: tuple[int, str] | None = None
        self.comma: int | None = None

    def fault(self) -> _Fault | None:
        """The first fault that is not one of grammar, or ``None``."""
        try:
            self._run()
        except _Fault as fault:
            return fault
        return None

    def _run(self) -> None:
        position = 0
        while match := _TOKEN.match(self.text, position):
            kind = match.lastgroup or ""
            if kind != "space":
                getattr(self, "_" + kind)(position, match.group())
            position = match.end()

    def _string(self, position: int, token: str) -> None:
        self.comma = None
        text = self._plain(token) if "\\" in token else token[1:-1]
        if "\x00" in text:
            raise _Fault(position, _NUL)
        if _SURROGATE.search(text):
            reason = "Half of a surrogate pair is not a character; write both halves or delete it."
            raise _Fault(position, reason)
        self.last_string = (position, text)

    def _plain(self, token: str) -> str:
        try:
            return str(json.loads(token))
        except json.JSONDecodeError:
            # json.loads words this fault itself, with its position, when the whole text is read.
            return ""

    def _number(self, position: int, token: str) -> None:
        self._value()
        if token.lstrip("-").isdigit():
            if len(token) > 17 or abs(int(token)) > MAX_INTEGER:
                reason = "Whole numbers beyond 2^53 change in many programs; use a smaller one."
                raise _Fault(position, reason)
        elif math.isinf(float(token)):
            raise _Fault(position, f"{token[:24]} is too large for a number; use a smaller one.")

    def _numeral(self, position: int, token: str) -> None:
        reason = f"{token[:24]!r} is not a JSON number; write it like 7, -0.5 or 5e-5."
        raise _Fault(position, reason)

    def _word(self, position: int, token: str) -> None:
        self._value()
        if reason := _WORDS.get(token):
            raise _Fault(position, reason)

    def _comment(self, position: int, token: str) -> None:
        raise _Fault(position, "JSON has no comments; delete this one.")

    def _quote(self, position: int, token: str) -> None:
        raise _Fault(position, "JSON text stands in double quotes; replace the single quotes.")

    def _nul(self, position: int, token: str) -> None:
        raise _Fault(position, _NUL)

    def _open(self, position: int, token: str) -> None:
        self._value()
        self.keys.append(set() if token == "{" else None)
        if len(self.keys) > self.depth:
            reason = f"Objects and lists are nested over {self.depth} deep; make it flatter."
            raise _Fault(position, reason)

    def _close(self, position: int, token: str) -> None:
        if self.comma is not None:
            raise _Fault(self.comma, f"Delete this comma: nothing follows it before {token}.")
        self._value()
        if self.keys:
            self.keys.pop()

    def _mark(self, position: int, token: str) -> None:
        if token == ":":
            self._key()
        self.comma = position if token == "," else None
        self.last_string = None

    def _key(self) -> None:
        if self.last_string is None or not self.keys or self.keys[-1] is None:
            return
        position, key = self.last_string
        if key in self.keys[-1]:
            # The key itself could be a secret; its place says enough.
            raise _Fault(position, "This key is there twice in its object; delete one.")
        self.keys[-1].add(key)

    def _value(self) -> None:
        self.comma = None
        self.last_string = None


def _written(value: Any, newline: str) -> str:
    if isinstance(value, dict) and value:
        items = [
            f"{_text(str(key))}: {_written(item, newline + '  ')}" for key, item in value.items()
        ]
        return _block("{", items, "}", newline)
    if isinstance(value, list) and value:
        return _block("[", [_written(item, newline + "  ") for item in value], "]", newline)
    if isinstance(value, float):
        return number_text(value)
    return _text(value)


def _block(opening: str, items: list[str], closing: str, newline: str) -> str:
    inner = newline + "  "
    return opening + inner + ("," + inner).join(items) + newline + closing


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def number_text(value: float) -> str:
    """A number in its shortest exact form, as researchers write it: ``5e-5``, ``0.05``."""
    text = repr(value)
    mantissa, mark, exponent = text.partition("e")
    if mark:
        return f"{mantissa}e{int(exponent)}"
    scientific = f"{Decimal(text).normalize():e}" if 0 < abs(value) < 1 else text
    return min(text, scientific, key=len)
