"""The sections of the form: an expander each; a closed one says what matters inside."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

import streamlit as st

from core import fields
from core.document import ABSENT, Path, get, number_text, path_text
from core.fields import FieldSpec
from core.findings import Finding
from core.output.text import code_span
from ui import session
from ui.build.form import field_grid, finding_line, json_editor, raw_value
from ui.build.tools import tools_body
from ui.draft.actions import drop_key
from ui.insight import OTHER, Insight
from ui.parts import Part, place
from ui.text import MARKS, plain, value_text, worst

_OPEN_AT_FIRST: Final = ("model", "training", "data")


def sections() -> None:
    """Draw all sections, each as an expander."""
    draft = session.draft()
    if draft.origin == "empty" and not draft.saved:
        st.caption(
            "Fields with a * are needed; *Make it run* fills in what a run needs and is missing."
        )
    for name in (*fields.SECTIONS, OTHER):
        place(Part(_part(name), partial(_section, name), partial(_section_shows, name)))


def _part(name: str) -> str:
    return f"section.{name}"


def _section(name: str) -> None:
    insight = session.insight()
    if not _is_there(name, insight):
        return
    opened = name in _OPEN_AT_FIRST
    fold = st.expander(_title(name), opened, key=_expander(name), on_change="rerun")
    # What is not seen costs an edit time all the same, so it is drawn when it is opened.
    if fold.open:
        with fold:
            _body(name, insight)
    elif said := _digest(name, insight):
        # Beside the title, not in it: with each new label it would be a new expander, which is
        # closed again and has lost the focus.
        st.markdown(said)


def _expander(name: str) -> str:
    return f"expander.{name}"


def _is_open(name: str) -> bool:
    key = _expander(name)
    return bool(session.widget_value(key)) if session.has_widget(key) else name in _OPEN_AT_FIRST


def _is_there(name: str, insight: Insight) -> bool:
    return name != OTHER or bool(insight.unknown or insight.by_section.get(OTHER))


def _section_shows(name: str) -> object:
    """What stands in a section beside its fields, which are parts of their own."""
    insight = session.insight()
    if not _is_there(name, insight) or not _is_open(name):
        return _is_there(name, insight) and _digest(name, insight)
    section = get(insight.draft.document, (name,), {})
    if name in ("tools", OTHER) or not isinstance(section, dict):
        draft, findings = insight.draft, insight.by_section.get(name)
        return draft.document.get(name), dict(draft.pending), insight.unknown, findings
    specs = _listed(name, insight)
    return [spec.path for spec in specs], insight.by_path.get((name,)), _advanced_label(specs)


def _digest(name: str, insight: Insight) -> str:
    """What matters in a section: its worst findings and its most telling values."""
    findings = insight.by_section.get(name, ())
    severity = worst(findings)
    count = sum(finding.severity == severity for finding in findings)
    mark = f"{MARKS[severity]} {count} " if severity and severity != "info" else ""
    said = _SAID[name](insight)
    return f"{mark}:gray[{plain(said)}]" if said else mark


def _title(name: str) -> str:
    return f"**{'Other keys' if name == OTHER else name.capitalize()}**"


def _body(name: str, insight: Insight) -> None:
    for finding in insight.by_path.get((name,), ()):
        finding_line(finding)
    if name == OTHER:
        _other_keys(insight)
    elif name == "tools":
        tools_body(insight)
    elif isinstance(get(insight.draft.document, (name,), {}), dict):
        _fields(name, insight)
    else:
        value = get(insight.draft.document, (name,))
        json_editor((name,), value, label=name, help_text="This section has to be an object.")


def _fields(name: str, insight: Insight) -> None:
    specs = _listed(name, insight)
    simple = [spec for spec in specs if not spec.use.advanced]
    advanced = [spec for spec in specs if spec.use.advanced]
    field_grid(simple, [spec.path for spec in simple], inside=_part(name))
    if advanced and _advanced_switch(name, advanced, insight):
        field_grid(advanced, [spec.path for spec in advanced], inside=_part(name))


def _listed(name: str, insight: Insight) -> list[FieldSpec]:
    return [spec for spec in _specs(name) if _is_shown(spec, insight)]


def _specs(name: str) -> tuple[FieldSpec, ...]:
    seed = (fields.table()[("seed",)],) if name == "training" else ()
    return fields.in_section(name) + seed


def _is_shown(spec: FieldSpec, insight: Insight) -> bool:
    return spec.use.listed or get(insight.draft.document, spec.path) is not ABSENT


def _advanced_switch(name: str, specs: list[FieldSpec], insight: Insight) -> bool:
    faulty = any(
        finding.severity != "info"
        for spec in specs
        for finding in insight.by_path.get(spec.path, ())
    )
    switch = f"advanced.{name}"
    st.toggle(
        _advanced_label(specs),
        key=session.seeded(f"toggle.{switch}", session.is_on(switch, faulty)),
        on_change=_switched,
        args=(switch, name),
    )
    return bool(session.widget_value(f"toggle.{switch}"))


def _advanced_label(specs: list[FieldSpec]) -> str:
    advanced = [spec for spec in specs if spec.use.advanced]
    document = session.draft().document
    present = sum(get(document, spec.path) is not ABSENT for spec in advanced)
    return f"Advanced settings ({len(advanced)}, {present} set)"


def _switched(switch: str, name: str) -> None:
    if not session.has_left():
        session.set_on(switch, bool(session.widget_value(f"toggle.{switch}")))
        st.rerun(_part(name))


def _other_keys(insight: Insight) -> None:
    st.caption("The trainer does not know these keys. They stay in the file until you remove them.")
    for finding in _elsewhere(insight):
        finding_line(finding, place="other")
    for path in insight.unknown:
        _other_key(path, insight)


def _elsewhere(insight: Insight) -> list[Finding]:
    found = insight.by_section.get(OTHER, ())
    return [finding for finding in found if finding.path not in insight.unknown]


def _other_key(path: Path, insight: Insight) -> None:
    editor, button = st.columns([5, 1], vertical_alignment="bottom")
    with editor:
        raw_value(path, label=code_span(path_text(path)))
    with button:
        st.button(
            "Drop",
            key=session.widget_key("drop", *path),
            help=f"Remove {plain(path_text(path))} from the config. Undo brings it back.",
            on_click=drop_key,
            args=(path,),
        )
    for finding in insight.at(path):
        finding_line(finding, place="other")


def _shown(insight: Insight, name: str) -> str:
    value = insight.view.effective(name)
    if isinstance(value, float):
        return number_text(value)
    return "–" if value in (None, "") else value_text(value, 40)


def _model(insight: Insight) -> str:
    if not insight.view.value("model.name"):
        return "not chosen yet"
    return f"{_shown(insight, 'model.name')} · {_shown(insight, 'model.torch_dtype')}"


def _tokenizer(insight: Insight) -> str:
    if not insight.view.value("tokenizer.name"):
        return "not chosen yet"
    same = insight.view.value("tokenizer.name") == insight.view.value("model.name")
    return "follows the model" if same else _shown(insight, "tokenizer.name")


def _training(insight: Insight) -> str:
    batch = _shown(insight, "training.batch_size")
    accumulation = _shown(insight, "training.gradient_accumulation_steps")
    lora = "full fine-tuning"
    if insight.view.uses_lora:
        rank, alpha = _shown(insight, "training.lora_r"), _shown(insight, "training.lora_alpha")
        lora = f"LoRA {rank}/{alpha}"
    rate = _shown(insight, "training.learning_rate")
    return f"{_shown(insight, 'training.method')} · lr {rate} · {batch} × {accumulation} · {lora}"


def _data(insight: Insight) -> str:
    names = ("data.strategy", "data.generation_type", "data.max_samples", "data.train_split")
    return " · ".join(_shown(insight, name) for name in names)


def _tools(insight: Insight) -> str:
    names = [value_text(tool.get("name", "unnamed"), 20) for _, tool in insight.view.tools]
    return ", ".join(names[:6]) + (f" and {len(names) - 6} more" if names[6:] else "") or "none"


def _evaluation(insight: Insight) -> str:
    return "not read by the trainer" if insight.view.document.get("evaluation") else "not set"


def _tensorboard(insight: Insight) -> str:
    return "on" if insight.view.effective("tensorboard.enabled") else "off"


def _other(insight: Insight) -> str:
    return str(len(insight.unknown) or "")


_SAID: Final[Mapping[str, Callable[[Insight], Any]]] = {
    "model": _model,
    "tokenizer": _tokenizer,
    "training": _training,
    "data": _data,
    "tools": _tools,
    "evaluation": _evaluation,
    "tensorboard": _tensorboard,
    OTHER: _other,
}
