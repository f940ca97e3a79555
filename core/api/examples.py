"""Examples of the description, made when somebody asks for it, by what makes the real answers."""

from collections.abc import Callable
from typing import Any, Final

from core.check import check
from core.document import Document, put, write
from core.output import answers as said
from core.presets import find
from core.reading.target import DEFAULT

Extra = Callable[[dict[str, Any]], None]

_ID: Final = "6f1d2c0a-8f5e-4d1e-9a57-3a0f0d1b2c3d"
_USER: Final = "0b7c1f52-6d0e-4a52-b6a4-55a1f1b0c9d2"
_MOMENT: Final = "2026-05-01T12:00:00.000000Z"


def described(example: Callable[[], Any], **more: Any) -> Extra:
    """What a model adds to its JSON Schema: an example, and further keys."""

    def extra(schema: dict[str, Any]) -> None:
        schema["examples"] = [example()]
        schema.update(more)

    return extra


def valid() -> Document:
    """A config without errors."""
    return find("sft_toolbench").config


def faulty() -> Document:
    """A config with one."""
    changed: Document = put(valid(), ("training", "batch_size"), 0)
    return changed


def report() -> Any:
    """What is said about it."""
    return check(faulty()).as_json()


def derived() -> Any:
    """The numbers that follow from the valid one."""
    return said.derived(valid(), DEFAULT)


def summary() -> dict[str, Any]:
    """A row of the library."""
    return {
        **_names(),
        "method": "sft",
        "model": "Qwen/Qwen3-0.6B",
        "is_validated": True,
        "runs": True,
        **_kept(),
    }


def record() -> dict[str, Any]:
    """A saved config."""
    return {
        "user_id": _USER,
        **_names(),
        "config_json": valid(),
        "config_text": write(valid()),
        "is_validated": True,
        "validation_errors": None,
        "runs": True,
        "target": "",
        **_kept(),
    }


def of_answers() -> dict[str, Any]:
    """An example of each answer that has one, by the name of its model."""
    page = {"configs": [summary()], "next_cursor": None, "previous_cursor": None}
    return {
        "ReportAnswer": report(),
        "DerivedAnswer": derived(),
        "ConfigAnswer": {"config": record()},
        "ConfigsAnswer": page,
    }


def _names() -> dict[str, Any]:
    return {"name": "sft-baseline", "description": "", "template_type": "sft_toolbench"}


def _kept() -> dict[str, Any]:
    return {
        "id": _ID,
        "revision": 1,
        "tags": ["paper"],
        "times_used": 0,
        "last_used_at": None,
        "created_at": _MOMENT,
        "updated_at": _MOMENT,
    }
