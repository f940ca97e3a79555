"""What a sweep varies: fields with the values that each takes in turn."""

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from core import fields
from core.compare import equal
from core.document import ABSENT, MAX_INTEGER, Path, number_text, parse_value, path_text
from core.errors import DocumentError, SweepError
from core.fields import FieldSpec
from core.reading.wording import shown

Mode = Literal["grid", "paired"]

MODES: Final[Mapping[Mode, str]] = {
    "grid": "every value with every other",
    "paired": "the first values together, then the second",
}
"""How the values of several axes come together."""

WITHOUT: Final = "absent"
"""The word for a value that takes the key out; as a text it stands in quotes."""

MAX_MEMBERS: Final = 200
"""The most members of a sweep; the compare page shows as many side by side."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One field and the values that it takes in turn.

    Attributes:
        path: where it stands in a config.
        values: JSON values, or ``ABSENT`` for a config without the key; no two alike.
    """

    path: Path
    values: tuple[Any, ...]

    @property
    def name(self) -> str:
        """The path as people write it: ``training.lora_r``."""
        return path_text(self.path)

    @property
    def spec(self) -> FieldSpec | None:
        """The known field; ``None`` for a key that no model knows."""
        return fields.find(self.path)

    @property
    def title(self) -> str:
        """Its name in the form, or its path where it has none."""
        return self.spec.title if self.spec else self.name


# --- Text ----------------------------------------------------------------------------------------

_QUOTED: Final = r'"(?:[^"\\]|\\.)*"'
_STEP: Final = re.compile(
    rf"\.?(?P<key>[^.\[\]=\"\s]+)|\[(?P<index>\d{{1,6}})\]|\[(?P<quoted>{_QUOTED})\]"
)
_STRING: Final = re.compile(_QUOTED)
_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_OPENING: Final = "[{"
_CLOSING: Final = "]}"


def read_setting(text: str) -> Axis:
    """An axis as the command line takes it: ``training.lora_r=8,16``.

    Raises:
        SweepError: it is none; the text says why, in one sentence.
    """
    path, end = _read_path(text)
    if not text[end:].startswith("="):
        raise SweepError(
            f"{shown(text)} is not a setting with values; write it like training.lora_r=8,16."
        )
    return read_axis(path, text[end + 1 :])


def read_path(text: str) -> Path:
    """A path as people write it: ``tools[0].name``, ``data["a.b"]``.

    Raises:
        SweepError: it is none.
    """
    path, end = _read_path(text.strip())
    if end < len(text.strip()):
        raise SweepError(f"{shown(text)} is not a path; write it like training.learning_rate.")
    return path


def _read_path(text: str) -> tuple[Path, int]:
    """The path that a text begins with, and where it ends."""
    steps: list[str | int] = []
    end = 0
    while found := _STEP.match(text, end):
        dotted = found.group().startswith(".")
        if found["key"] and dotted != bool(steps):
            break
        try:
            steps.append(_step(found))
        except ValueError:
            break
        end = found.end()
    if not steps or isinstance(steps[0], int):
        raise SweepError(f"{shown(text)} is not a path; write it like training.learning_rate.")
    return tuple(steps), end


def _step(found: re.Match[str]) -> str | int:
    if found["index"]:
        return int(found["index"])
    return found["key"] or str(_json(found["quoted"]))


def read_axis(path: Path, text: str) -> Axis:
    """An axis whose values are written with commas between them.

    Each is read as the field table says; for a key that no model knows it is a JSON value where it
    looks like one, and text otherwise. ``absent`` takes the key out.

    Raises:
        SweepError: a value can't be read, or stands there twice.
    """
    spec, name = fields.find(path), path_text(path)
    values = tuple(_value(part, spec, name) for part in _parts(text, name))
    if not values:
        raise SweepError(f"{name} has no values; write them with commas between: {_example(spec)}.")
    for number, value in enumerate(values):
        if any(_alike(value, other) for other in values[:number]):
            raise SweepError(f"{name} has {value_text(value)} twice; take one away.")
    return Axis(path, values)


def values_text(values: Sequence[Any], spec: FieldSpec | None = None) -> str:
    """The values as ``read_axis`` reads them."""
    return ", ".join(_written(value, spec) for value in values)


def split_values(text: str) -> tuple[str, ...]:
    """The values of a text as they are typed, whether they can be read or not."""
    try:
        return tuple(_parts(text, ""))
    except SweepError:
        return tuple(filter(None, map(str.strip, text.split(","))))


def join_values(typed: Sequence[str]) -> str:
    """A text of these values; one that would run into its neighbours stands in quotes."""
    return ", ".join(
        one if _is_apart(one) else json.dumps(one, ensure_ascii=False) for one in typed
    )


def _is_apart(part: str) -> bool:
    try:
        return _parts(f"{part}, x", "") == [part, "x"]
    except SweepError:
        return False


def value_text(value: Any) -> str:
    """One value in a sentence, never a secret."""
    return WITHOUT if value is ABSENT else shown(value)


def _written(value: Any, spec: FieldSpec | None) -> str:
    if value is ABSENT:
        return WITHOUT
    if isinstance(value, str) and _is_plain(value, spec):
        return value
    return number_text(value) if isinstance(value, float) else json.dumps(value, ensure_ascii=False)


def _is_plain(text: str, spec: FieldSpec | None) -> bool:
    """Whether a text reads as itself without quotes."""
    try:
        return text.isprintable() and [_value(one, spec, "") for one in _parts(text, "")] == [text]
    except SweepError:
        return False


def _alike(value: Any, other: Any) -> bool:
    return value is other or (value is not ABSENT and other is not ABSENT and equal(value, other))


def _parts(text: str, name: str) -> list[str]:
    """The values of a text, split at the commas that stand outside of quotes and brackets."""
    parts = [part.strip() for part in _split(text, name)]
    if len(parts) > 1 and not parts[-1]:
        # The comma that the next value will follow.
        parts.pop()
    if parts == [""]:
        return []
    if "" in parts:
        raise SweepError(
            f'{name} has two commas with nothing between; for an empty text write "" there.'
        )
    return parts


def _split(text: str, name: str) -> Iterator[str]:
    start = position = depth = 0
    while position < len(text):
        char = text[position]
        inside = depth > 0 or not text[start:position].strip()
        if char == '"' and inside:
            position = _after_string(text, position, name)
            continue
        if char == "," and not depth:
            yield text[start:position]
            start = position + 1
        depth += (char in _OPENING and inside) - (char in _CLOSING and depth > 0)
        position += 1
    yield text[start:]


def _after_string(text: str, position: int, name: str) -> int:
    found = _STRING.match(text, position)
    if found is None:
        raise SweepError(f"{name} has a text whose double quote is not closed; close it.")
    return found.end()


def _value(part: str, spec: FieldSpec | None, name: str) -> Any:
    if part == WITHOUT:
        return ABSENT
    try:
        return _READERS[spec.kind](part) if spec else _guess(part)
    except ValueError:
        wants = spec.wants() if spec else "a JSON value"
        raise SweepError(
            f"{name} can't take {shown(part)}; write {wants}, with commas between values."
        ) from None


def _whole(part: str) -> int:
    number = _number(part)
    if number != int(number):
        raise ValueError(part)
    return int(number)


def _number(part: str) -> int | float:
    if not _NUMBER.fullmatch(part):
        raise ValueError(part)
    if part.lstrip("+-").isdigit():
        return _held(int(part))
    return _held(float(part))


def _held(number: int | float) -> int | float:
    """The number, where every JSON reader has it just so: see ``core.document``."""
    is_whole = isinstance(number, int)
    if not math.isfinite(number) or (is_whole and abs(number) > MAX_INTEGER):
        raise ValueError(number)
    return number


def _flag(part: str) -> bool:
    words = {"true": True, "false": False}
    if part.lower() not in words:
        raise ValueError(part)
    return words[part.lower()]


def _text(part: str) -> str:
    return str(_json(part)) if _STRING.fullmatch(part) else part


def _list(part: str) -> list[Any]:
    value = _json(part)
    if not isinstance(value, list):
        raise ValueError(part)
    return value


def _object(part: str) -> dict[str, Any]:
    value = _json(part)
    if not isinstance(value, dict):
        raise ValueError(part)
    return value


def _guess(part: str) -> Any:
    """What a value of an unknown key is meant to be."""
    if _NUMBER.fullmatch(part):
        return _number(part)
    if part[0] in '"[{':
        return _json(part)
    return {"true": True, "false": False, "null": None}.get(part, part)


def _json(part: str) -> Any:
    try:
        return parse_value(part)
    except DocumentError as error:
        raise ValueError(part) from error


_READERS: Final[Mapping[str, Callable[[str], Any]]] = {
    "text": _text,
    "choice": _text,
    "integer": _whole,
    "number": _number,
    "boolean": _flag,
    "list": _list,
    "object": _object,
}
_EXAMPLES: Final[Mapping[str, str]] = {
    "integer": "8, 16",
    "number": "1e-4, 2e-4",
    "boolean": "true, false",
    "list": '["a"], ["a", "b"]',
    "object": '{"a": 1}, {"a": 2}',
}


def _example(spec: FieldSpec | None) -> str:
    if spec and spec.choices:
        return ", ".join(spec.offered[:2])
    return _EXAMPLES.get(spec.kind if spec else "", "first, second")


# --- Several axes --------------------------------------------------------------------------------


def check_axes(axes: Sequence[Axis], mode: Mode) -> int:
    """How many members the axes make.

    Raises:
        SweepError: they make none, or more than ``MAX_MEMBERS``.
    """
    if not axes:
        raise SweepError("Choose a setting and its values first.")
    for number, axis in enumerate(axes):
        for other in axes[:number]:
            _check_apart(axis, other)
    count = _paired(axes) if mode == "paired" else math.prod(len(axis.values) for axis in axes)
    if count > MAX_MEMBERS:
        how = f"{sum_text(axes, mode)} makes" if len(axes) > 1 else f"{axes[0].name} makes"
        raise SweepError(
            f"{how} {count} configs; a sweep has {MAX_MEMBERS} at most, so take values away."
        )
    return count


def sum_text(axes: Sequence[Axis], mode: Mode) -> str:
    """How the number of members comes about: ``3 × 2``, ``4 pairs``."""
    if mode == "grid":
        return " × ".join(str(len(axis.values)) for axis in axes)
    return f"{len(axes[0].values)} paired" if axes else ""


def _check_apart(axis: Axis, other: Axis) -> None:
    if axis.path == other.path:
        raise SweepError(f"{axis.name} is there twice; put all its values on one line.")
    outer, inner = sorted((axis, other), key=lambda one: len(one.path))
    if inner.path[: len(outer.path)] == outer.path:
        raise SweepError(f"{inner.name} lies inside {outer.name}; vary one of the two.")


def _paired(axes: Sequence[Axis]) -> int:
    lengths = [len(axis.values) for axis in axes]
    if len(set(lengths)) > 1:
        told = ", ".join(f"{axis.name} has {len(axis.values)}" for axis in axes)
        raise SweepError(f"Paired settings need the same number of values, but {told}.")
    return lengths[0]
