"""One saved config beside the library's table: what it is, what it does, what can be done."""

from collections.abc import Iterable, Mapping, Sequence

import streamlit as st

from core.comparing.sources import DRAFT, Origin
from core.drafts.draft import file_name
from core.findings import Finding, Severity
from core.output.text import code_span
from core.stores.protocol import Config
from core.system.secrets import redact
from core.workbench import Workbench, opened
from ui import session
from ui.differences import address
from ui.differences.address import View
from ui.draft import saving
from ui.insight import Insight
from ui.library import share
from ui.questions import Describe, History
from ui.run.run_card import run_card
from ui.run.verdict import verdict_badges
from ui.text import MARKS, ago, count, exact, plain, value_text

_FINDINGS_SHOWN = 8


def preview(bench: Workbench, config_id: str, known_tags: Iterable[str]) -> None:
    """Draw the panel; the known tags are those that the user has given to any config."""
    config = bench.config(config_id)
    insight = session.once(
        ("preview", config.id, config.revision), lambda _: Insight(opened(config))
    )
    _head(config, insight)
    _actions(config)
    tags([config.id], config.tags, known_tags)
    findings([*insight.report.errors, *insight.report.warnings])
    run_card(insight.derived)


def _head(config: Config, insight: Insight) -> None:
    st.markdown(f"**{plain(value_text(config.name, 80))}**")
    st.markdown(verdict_badges(insight))
    if config.description:
        st.text(config.description)
    used = f"used {count(config.times_used, 'time')}" if config.times_used else "not used yet"
    st.caption(
        f"version {config.revision}, {ago(config.updated_at)} · {used} · "
        f"from {plain(config.template_type)} · created {ago(config.created_at)}",
        help=f"Saved {exact(config.updated_at)}, created {exact(config.created_at)}.",
    )


def _actions(config: Config) -> None:
    with st.container(horizontal=True, gap="xsmall", key="actions"):
        st.button("Edit", key="edit", type="primary", on_click=saving.edit, args=(config.id,))
        st.download_button(
            "Download",
            data=config.text.encode(),
            file_name=file_name(config.name),
            mime="application/json",
            key="download_saved",
            on_click=used,
            args=([config.id],),
        )
        st.button("Duplicate", key="duplicate", on_click=_duplicate, args=(config.id,))
        st.button("Rename", key="describe", on_click=session.ask, args=(Describe(config.id),))
        origins = (Origin("config", config.id), DRAFT)
        st.button(
            "Compare",
            key="compare_one",
            help="Shows it beside the open draft; select several configs to compare those.",
            on_click=address.go,
            args=(View(origins),),
        )
        st.button("Versions", key="versions", on_click=session.ask, args=(History(config.id),))
        st.button(
            "Share",
            key="share",
            help="Makes a link that shows it to people without an account.",
            on_click=share.ask_about,
            args=(config,),
        )
        st.button("Delete", key="delete", on_click=delete, args=({config.id: config.name},))


def used(config_ids: Sequence[str]) -> None:
    """Count a download of each of these configs."""

    def act(bench: Workbench) -> None:
        for config_id in config_ids:
            bench.used(config_id)

    saving.with_bench(act)


def _duplicate(config_id: str) -> None:
    def act(bench: Workbench) -> None:
        copy = bench.duplicate(config_id)
        session.select({copy.id})
        session.say(f"Duplicated as {plain(copy.name)}.", ":material/content_copy:")

    saving.with_bench(act)


def delete(named: Mapping[str, str]) -> None:
    """Delete configs, given as names by id; the page says how to undo it."""

    def act(bench: Workbench) -> None:
        bench.delete(named)
        session.select(set())
        session.note_deleted(named)
        session.focus_on("undo_delete")

    saving.with_bench(act)


def tags(config_ids: Sequence[str], given: Sequence[str], known: Iterable[str]) -> None:
    """A field for the tags that all of these configs have."""
    key = session.seeded(f"tags.{hash((tuple(config_ids), tuple(given)))}", list(given))
    st.multiselect(
        "Tags",
        list(dict.fromkeys([*given, *known])),
        key=key,
        accept_new_options=True,
        select_all=False,
        placeholder="Add a tag",
        on_change=_tagged,
        args=(key, tuple(config_ids), frozenset(given)),
    )


def _tagged(key: str, config_ids: tuple[str, ...], given: frozenset[str]) -> None:
    wanted = frozenset(tag.strip() for tag in session.widget_value(key))
    if not saving.with_bench(lambda bench: bench.tag(config_ids, wanted - given, given - wanted)):
        # The field must not show what was not taken.
        session.set_widgets({key: sorted(given)})


def findings(said: Sequence[Finding], most: int = _FINDINGS_SHOWN) -> None:
    """The first findings, each in a line of its own; what several say alike is said once."""
    fields: dict[tuple[Severity, str, str], list[str]] = {}
    for one in said:
        fields.setdefault((one.severity, one.message, one.remedy), []).append(one.field)
    lines = [_line(*text, where) for text, where in list(fields.items())[:most]]
    if len(fields) > most:
        lines.append(f":small[And {len(fields) - most} more; open it to see them.]")
    if lines:
        st.markdown("\n\n".join(lines))


def _line(severity: Severity, message: str, remedy: str, fields: Sequence[str]) -> str:
    # A message names its own field, unless it is said of several.
    names = ", ".join(map(code_span, map(redact, fields)))
    where = f" ({names})" if len(fields) > 1 else ""
    return f":small[{MARKS[severity]} {plain(message)} {plain(remedy)}{where}]"
