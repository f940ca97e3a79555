"""The field table: every known key of a config, read off the models of ``core.config``.

Form, JSON Schema, command line and docs draw from here. A path in the table stands for all items
of a list with ``*``: ``("tools", "*", "name")``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Any, Final, Literal, get_args, get_origin

import annotated_types
from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from core.config import Section, Tool, TrainingConfig, Use
from core.document import Document, Path

Kind = Literal["text", "integer", "number", "boolean", "choice", "list", "object"]

_KINDS: Final[Mapping[Any, Kind]] = MappingProxyType(
    {str: "text", int: "integer", float: "number", bool: "boolean", list: "list", dict: "object"}
)


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One known key.

    Attributes:
        path: where it stands; ``*`` for any item of a list.
        title: its name in the form.
        help: one sentence on what it does.
        kind: which values it takes.
        required: whether a config without it is invalid.
        choices: the values of a choice, those not offered last.
        minimum: the least value; exclusive where ``above`` is set.
        maximum: the greatest value; exclusive where ``below`` is set.
        pattern: the regular expression that text has to match.
        use: what the trainer makes of it.
        info: pydantic's own record of the field.
    """

    path: Path
    title: str
    help: str
    kind: Kind
    required: bool
    choices: tuple[str, ...]
    minimum: float | None
    above: bool
    maximum: float | None
    below: bool
    pattern: str | None
    use: Use
    info: FieldInfo = field(repr=False, compare=False)

    @property
    def section(self) -> str:
        """The section it stands in; its own name at the top level."""
        return str(self.path[0])

    @property
    def key(self) -> str:
        """The last step of its path."""
        return str(self.path[-1])

    @property
    def name(self) -> str:
        """The path as people write it: ``tools[*].name``."""
        text = ".".join(str(step) for step in self.path)
        return text.replace(".*", "[*]")

    @property
    def offered(self) -> tuple[str, ...]:
        """The choices that the form offers."""
        return tuple(choice for choice in self.choices if choice not in self.use.rare)

    def absent(self, method: object) -> Any:
        """The value that Tiny Tool Use takes when the key is absent, or ``None``."""
        return self.use.absent_for(method)

    def ignored(self, method: object, *, lora: bool = True) -> str | None:
        """Why Tiny Tool Use does not look at the value, with this method and LoRA or without."""
        return self.use.ignored_for(method, lora=lora)

    def accepts(self, value: object) -> bool:
        """Whether a value is well-formed here."""
        try:
            _adapter(self.path).validate_python(value)
        except ValidationError:
            return False
        return True

    def wants(self) -> str:
        """The values it takes, in words that fit after "must be"."""
        if self.kind == "choice":
            return "one of " + ", ".join(self.offered[:8]) + (", ..." if self.offered[8:] else "")
        nouns = {
            "text": "text",
            "integer": "a whole number",
            "number": "a number",
            "boolean": "true or false",
            "list": "a list of texts",
            "object": "an object",
        }
        return nouns[self.kind] + self._bounds()

    def _bounds(self) -> str:
        if self.pattern:
            return " such as " + ", ".join(self.use.suggestions[:3])
        low = _bound("above" if self.above else "from", self.minimum)
        high = _bound("and below" if self.below else "to", self.maximum)
        return low + high


def _bound(word: str, value: float | None) -> str:
    # The seed's bounds are those of a C integer; spelling them out helps nobody.
    return "" if value is None or abs(value) > 2**53 else f" {word} {value:g}"


SECTIONS: Final[tuple[str, ...]] = tuple(
    name for name in TrainingConfig.model_fields if name != "seed"
)


def table() -> Mapping[Path, FieldSpec]:
    """All known keys by their path, in the models' order."""
    return _table()


def find(path: Path) -> FieldSpec | None:
    """The field at a path of a document, or ``None`` for a key that no model knows."""
    return _table().get(generic(path))


def generic(path: Path) -> Path:
    """The path with ``*`` for each index."""
    return tuple("*" if isinstance(step, int) else step for step in path)


def in_section(section: str) -> tuple[FieldSpec, ...]:
    """The fields of one section, in the models' order."""
    return tuple(spec for spec in _table().values() if spec.section == section)


def keys_at(path: Path) -> frozenset[str]:
    """The known keys of the object at a path; empty where no model describes it."""
    return _keys().get(generic(path), frozenset())


def is_open(path: Path) -> bool:
    """Whether the object at a path is the user's own, such as a tool's parameters."""
    return any(spec.kind == "object" for spec in _prefixes(generic(path)))


def unknown(document: Document) -> Iterator[Path]:
    """The keys that no model knows, outermost only, in the document's order."""
    yield from _unknown(document, ())


def _unknown(value: Any, path: Path) -> Iterator[Path]:
    if isinstance(value, list) and keys_at((*path, 0)):
        for index, item in enumerate(value):
            yield from _unknown(item, (*path, index))
    elif isinstance(value, dict) and (known := keys_at(path)):
        for key, item in value.items():
            if key in known:
                yield from _unknown(item, (*path, key))
            else:
                yield (*path, key)


def _prefixes(path: Path) -> Iterator[FieldSpec]:
    for length in range(1, len(path) + 1):
        if spec := _table().get(path[:length]):
            yield spec


@cache
def _adapter(path: Path) -> TypeAdapter[Any]:
    annotation = _table()[path].info.rebuild_annotation()
    return TypeAdapter(annotation, config=Section.model_config)


@cache
def _table() -> Mapping[Path, FieldSpec]:
    return MappingProxyType({spec.path: spec for spec in _specs(TrainingConfig, ())})


@cache
def _keys() -> Mapping[Path, frozenset[str]]:
    keys: dict[Path, set[str]] = {}
    for path in (*_table(), *((section,) for section in SECTIONS)):
        keys.setdefault(path[:-1], set()).add(str(path[-1]))
    return MappingProxyType({path: frozenset(names) for path, names in keys.items()})


def _specs(model: type[Section], path: Path) -> Iterator[FieldSpec]:
    for name, info in model.model_fields.items():
        inner = info.annotation
        if get_args(inner) == (Tool,):
            yield from _specs(Tool, (*path, name, "*"))
        elif isinstance(inner, type) and issubclass(inner, Section):
            yield from _specs(inner, (*path, name))
        else:
            yield _spec((*path, name), info)


def _spec(path: Path, info: FieldInfo) -> FieldSpec:
    use = next(item for item in info.metadata if isinstance(item, Use))
    annotation: Any = info.annotation
    choices = get_args(annotation) if get_origin(annotation) is Literal else ()
    bounds = _bounds(info)
    return FieldSpec(
        path=path,
        title=info.title or str(path[-1]),
        help=info.description or "",
        kind="choice" if choices else _KINDS[get_origin(annotation) or annotation],
        required=info.is_required(),
        choices=choices,
        use=use,
        info=info,
        **bounds,
    )


def _bounds(info: FieldInfo) -> dict[str, Any]:
    found: dict[str, Any] = {
        "minimum": None, "above": False, "maximum": None, "below": False, "pattern": None
    }  # fmt: skip
    for item in info.metadata:
        match item:
            case annotated_types.Ge(ge):
                found["minimum"] = ge
            case annotated_types.Gt(gt):
                found.update(minimum=gt, above=True)
            case annotated_types.Le(le):
                found["maximum"] = le
            case annotated_types.Lt(lt):
                found.update(maximum=lt, below=True)
            case _ if getattr(item, "pattern", None):
                found["pattern"] = item.pattern
    return found
