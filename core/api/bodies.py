"""What goes in: the bodies and headers that a request may bring, by the seed's names."""

from functools import cached_property
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from core.api import examples
from core.api.bounds import bounded
from core.api.examples import described
from core.document import Document, Source, read, write
from core.presets import find
from core.reading.target import DEFAULT, Target, parse_target
from core.shares.protocol import MAX_DAYS
from core.stores.protocol import (
    MAX_COMMANDS,
    MAX_DESCRIPTION,
    MAX_MESSAGE,
    MAX_NAME,
    MAX_TAG,
    MAX_TAGS,
    MAX_TARGET,
    PAGE_SIZE,
    Query,
    Sort,
)

MAX_COMPARED: Final = 100
WHOLE_AT_ONCE: Final = 50

# Exactly one of the two; the models say the same in Python.
_ONE: Final[dict[str, Any]] = {
    "oneOf": [{"required": ["config_json"]}, {"required": ["config_text"]}]
}
_SOURCES: Final = ("config_json", "config_text", "preset", "config_id")

ConfigJson = Annotated[
    dict[str, Any],
    Field(description="The config as JSON. Either this or config_text.", title="Config"),
]
ConfigText = Annotated[
    str,
    Field(
        description="The config as the text of a file, kept byte for byte. Either this or "
        "config_json.",
        title="Config as text",
    ),
]
TargetText = Annotated[
    str | None,
    Field(
        max_length=MAX_TARGET,
        description="What to judge for: trainer/environment/machine; empty for the default.",
        examples=["tiny_tool_use/pinned/gpu"],
    ),
]


def _whole(value: Any) -> Any:
    """JSON Schema takes 3.0 for an integer too."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Whole = Annotated[int, BeforeValidator(_whole)]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Approved = Annotated[
    list[Sha256],
    Field(
        max_length=MAX_COMMANDS,
        description="The SHA-256 of each command that its tools may run, as a problem with the "
        "code needs_consent lists them.",
    ),
]


class Body(BaseModel):
    """A body that holds what is described and nothing else, each value of its own type."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Given(Body):
    """A config in a body, as JSON or as text."""

    config_json: ConfigJson = {}
    config_text: ConfigText = ""

    @cached_property
    def text(self) -> str | None:
        """The text that is to be kept, if the body brings one."""
        if "config_json" in self.model_fields_set:
            return write(self.config_json)
        return self.config_text if self.is_there else None

    @property
    def is_there(self) -> bool:
        """Whether the body brings one."""
        return bool({"config_json", "config_text"} & self.model_fields_set)

    @cached_property
    def source(self) -> Source:
        """The config as a file is read.

        Raises:
            DocumentError: it is not one strict JSON object.
            Unacceptable: see ``bounded``.
        """
        source = read((self.text or "").encode())
        bounded(source.document)
        return source

    @model_validator(mode="after")
    def _not_both(self) -> "Given":
        if self.model_fields_set >= {"config_json", "config_text"}:
            raise ValueError("give config_json or config_text, not both")
        return self


class Judged(Given):
    """A config to be judged."""

    model_config = ConfigDict(
        json_schema_extra=described(lambda: {"config_json": examples.faulty()}, **_ONE),
    )

    target: TargetText = None

    @model_validator(mode="after")
    def _one(self) -> "Judged":
        if not self.is_there:
            raise ValueError("give config_json or config_text")
        return self

    @property
    def wanted(self) -> Target:
        """What to judge for.

        Raises:
            UnknownTarget: the text is none.
        """
        return parse_target(self.target) if self.target else DEFAULT


class Derived(Judged):
    """A config whose numbers are asked for."""

    model_config = ConfigDict(
        json_schema_extra=described(lambda: {"config_json": examples.valid()}, **_ONE),
    )

    sizes: Annotated[
        dict[str, Any] | None,
        Field(description="The model's own config.json, where its sizes are not known here."),
    ] = None


class Written(Given):
    """What a save may bring."""

    description: Annotated[
        str | None, Field(max_length=MAX_DESCRIPTION, description="Free text.")
    ] = None
    template_type: Annotated[
        str | None,
        Field(description="The id of the preset that it began with, or custom.", max_length=40),
    ] = None
    target: TargetText = None
    message: Annotated[
        str, Field(max_length=MAX_MESSAGE, description="What to say about this version.")
    ] = ""
    approved: Approved = []


class NewConfig(Written):
    """A config to be kept."""

    model_config = ConfigDict(
        json_schema_extra=described(
            lambda: {
                "name": "sft-baseline",
                "template_type": "sft_toolbench",
                "config_json": examples.valid(),
            },
            **_ONE,
        ),
    )

    name: Annotated[
        str, Field(min_length=1, max_length=MAX_NAME, description="Unique among your configs.")
    ]
    tags: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=MAX_TAG)]],
        Field(max_length=MAX_TAGS, description="To find it by."),
    ] = []

    @model_validator(mode="after")
    def _one(self) -> "NewConfig":
        if not self.is_there:
            raise ValueError("give config_json or config_text")
        return self


class Change(Written):
    """The next version of a config; what is left out stays as it is."""

    model_config = ConfigDict(
        json_schema_extra=described(
            lambda: {"config_json": examples.valid(), "message": "as the paper says"},
            **{"not": {"required": ["config_json", "config_text"]}},
        ),
    )

    name: Annotated[
        str | None,
        Field(min_length=1, max_length=MAX_NAME, description="Unique among your configs."),
    ] = None


class Restore(Body):
    """Which version to make the newest one."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"version": 1}]})

    version: Annotated[
        Whole, Field(ge=1, lt=2**53, description="The number of the version to bring back.")
    ]
    approved: Approved = []


class Compared(Given):
    """One config of a comparison: given here, a preset, or one of the account's own."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [{"required": [key]} for key in _SOURCES],
            "dependentRequired": {"version": ["config_id"]},
        },
    )

    name: Annotated[str | None, Field(max_length=MAX_NAME)] = None
    preset: Annotated[str, Field(max_length=40, examples=["dpo_basic"])] = ""
    config_id: Annotated[
        UUID, Field(strict=False, description="A saved config; needs a token.")
    ] = UUID(int=0)
    version: Annotated[Whole, Field(ge=1, lt=2**53)] = 1

    @property
    def way(self) -> str:
        """Which of the ways to name a config was taken."""
        return next(key for key in _SOURCES if key in self.model_fields_set)

    @property
    def number(self) -> int | None:
        """The version that is asked for."""
        return self.version if "version" in self.model_fields_set else None

    @model_validator(mode="after")
    def _one(self) -> "Compared":
        if len(self.model_fields_set & set(_SOURCES)) != 1:
            raise ValueError(f"give one of {', '.join(_SOURCES)}")
        if self.number is not None and self.way != "config_id":
            raise ValueError("a version belongs to a config_id")
        return self

    @property
    def document(self) -> Document:
        """The document of a config that the body itself tells; raises as ``source`` does.

        Raises:
            UnknownPreset: no preset has this id.
        """
        return find(self.preset).config if self.way == "preset" else self.source.document


class Comparing(Body):
    """What to compare, and with what."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"configs": [{"preset": "sft_toolbench"}, {"preset": "dpo_basic"}]}]
        },
    )

    configs: Annotated[
        list[Compared],
        Field(
            min_length=1,
            max_length=MAX_COMPARED,
            description="Each with config_json, config_text, preset or config_id, and a name.",
        ),
    ]
    base: Annotated[
        Whole, Field(ge=0, lt=MAX_COMPARED, description="Which one the others are held against.")
    ] = 0
    all: Annotated[bool, Field(description="Whether to list equal settings too.")] = False
    target: Annotated[
        TargetText,
        Field(
            description="What to judge all of them for: trainer/environment/machine; without it, "
            "saved configs for their own and others for the default."
        ),
    ] = None

    @model_validator(mode="after")
    def _base_is_there(self) -> "Comparing":
        if self.base >= len(self.configs):
            raise ValueError(f"there are {len(self.configs)} configs, so base is too large")
        return self


_Words = Annotated[list[Annotated[str, Field(max_length=MAX_NAME)]], Field(max_length=20)]


class Search(BaseModel):
    """Which configs of the library, in which order."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int, Field(ge=1, le=500, description="The most of one page.")] = PAGE_SIZE
    cursor: Annotated[
        str, Field(max_length=2000, description="From next_cursor or previous_cursor.")
    ] = ""
    search: Annotated[
        str, Field(max_length=200, description="Words in the name or the description.")
    ] = ""
    method: Annotated[_Words, Field(description="Any of these training methods.")] = []
    template_type: Annotated[_Words, Field(description="Any of these presets.")] = []
    valid: Annotated[bool | None, Field(description="Only configs without errors, or with.")] = None
    tag: Annotated[_Words, Field(description="All of these tags.")] = []
    sort: Annotated[Sort, Field(description="What to sort by.")] = "updated"
    order: Annotated[Literal["asc", "desc"], Field(description="In which direction.")] = "desc"
    include: Annotated[
        Literal["config_json"] | None,
        Field(description=f"Brings each config too, on pages of {WHOLE_AT_ONCE} at most."),
    ] = None

    @property
    def query(self) -> Query:
        """The same for a store."""
        return Query(
            search=self.search,
            methods=tuple(self.method),
            templates=tuple(self.template_type),
            valid=self.valid,
            tags=tuple(self.tag),
            sort=self.sort,
            descending=self.order == "desc",
            cursor=self.cursor or None,
            limit=min(self.limit, WHOLE_AT_ONCE) if self.include else self.limit,
        )


class NewShare(Body):
    """A link to be made."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"days": 7}]})

    days: Annotated[Whole, Field(ge=1, le=MAX_DAYS, description="For how long it works.")] = 7
    title: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=MAX_NAME,
            description="What its readers see above it; the config's name by default.",
        ),
    ] = None


class OpenShare(Body):
    """A link to be read."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"token": "A" * 43}]})

    token: Annotated[
        str,
        Field(max_length=2000, description="The link, or what follows its #."),
    ]
