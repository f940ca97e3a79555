"""The catalog of rules as a page in Markdown."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from core import catalog
from core.catalog import Entry, Example, Kind, Theme
from core.findings import Finding
from core.output.text import code_span, value_text

_INTRO: Final = """\
# Rules

Everything that a check can say about a config, by theme. An **error** makes a config invalid, a
**warning** is advice, an **info** says what has no effect or what is used instead. A rule that
**stops the run** predicts that `train.py` would not get to its end with at least one optimizer
update. A rule can be both an error and such a blocker, or either alone.

Each rule has an example that triggers it and one that doesn't, as changes of a
[preset](../presets). They are the tests of the rules, and what a rule says here is what it says to
the first that makes it say so. An example is judged for Tiny Tool Use with its pinned libraries on
one recent GPU, unless it names another `trainer/environment/machine`. "(fix)" marks a remedy that a
click applies, or `python -m core fix`.

Sources are files of [Tiny Tool Use at 6939ffa][trainer]: `trainer.py` is `src/training/trainer.py`,
`data_generator.py` is `src/data/data_generator.py`, `executor.py` is `src/tools/executor.py`,
`evaluation.py` is `src/utils/evaluation.py`, `config.py` is `src/utils/config.py`. "Advice" is what
the trainer does not know of; its reason follows.

A file that is no JSON gets none of this: it is refused with line, column and reason. A byte-order
mark before the JSON, which the trainer stops at, is reported by the command line as
`config.json.byte_order_mark`, and `fix` drops it.

This page is generated: `python -m tests.test_docs`.

[trainer]: https://github.com/bagel-org/bagel-RL/tree/6939ffa9a4edfb2a52bb87691f5b9f34b289f4f5/Tiny%20Tool%20Use
"""

_LABELS: Final[dict[Kind, str]] = {
    "error": "error",
    "warning": "warning",
    "info": "info",
    "blocker": "stops the run",
}


def rules_markdown() -> str:
    """The reference page of all rules, with an anchor for each that is its id."""
    themes = catalog.themes()
    return _INTRO + _contents(themes) + "".join(map(_theme, themes))


def _contents(themes: Sequence[Theme]) -> str:
    return "\n## Themes\n\n" + "".join(map(_content, themes))


def _content(theme: Theme) -> str:
    title = f"[{theme.title}](#{_slug(theme.title)})"
    if theme.derived:
        return f"- {title}: {len(theme.entries)} rules\n"
    return f"- {title}: {', '.join(f'[{one.id}](#{one.id})' for one in theme.entries)}\n"


def _slug(title: str) -> str:
    """The anchor that GitHub makes of a heading."""
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")


def _theme(theme: Theme) -> str:
    entries = _table(theme.entries) if theme.derived else "".join(map(_section, theme.entries))
    return f"\n## {theme.title}\n\n{theme.intro}\n{entries}"


def _section(entry: Entry) -> str:
    kinds = ", ".join(f"**{_LABELS[kind]}**" for kind in entry.kinds)
    speaks = "; or ".join(map(_example, entry.speaks))
    lines = [
        *(_said(kind, finding) for kind, finding in entry.said().items()),
        f"Source: {_text(entry.source)}.",
        f"Triggers it: {speaks}.",
        f"Doesn't: {_example(entry.silent)}.",
    ]
    head = f"\n{_anchor(entry.id)}\n\n### {entry.id}\n\n{kinds}: {entry.condition}\n\n"
    return head + "".join(f"- {line}\n" for line in lines)


def _anchor(rule: str) -> str:
    return f'<a id="{rule}"></a>'


def _said(kind: Kind, finding: Finding) -> str:
    fix = " (fix)" if finding.fix else ""
    return f"{_LABELS[kind].capitalize()}: {_text(finding.message)} *{_text(finding.remedy)}*{fix}"


def _table(entries: Sequence[Entry]) -> str:
    head = ("Rule", "When", "Says", "Triggers it", "Doesn't", "Source")
    rows = [head, ["---"] * len(head), *map(_row, entries)]
    return "\n" + "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _row(entry: Entry) -> Iterator[str]:
    yield f"{_anchor(entry.id)}{code_span(entry.id)}"
    kinds = ", ".join(_LABELS[kind] for kind in entry.kinds)
    yield f"{kinds}: {entry.condition}"
    yield " ".join(
        f"{_text(finding.message)} *{_text(finding.remedy)}*{' (fix)' if finding.fix else ''}"
        for finding in entry.said().values()
    )
    yield "; or ".join(map(_example, entry.speaks))
    yield _example(entry.silent)
    yield _text(entry.source)


def _example(example: Example) -> str:
    changes = [code_span(f"{place} = {value_text(value)}") for place, value in example.set.items()]
    changes += [f"no {code_span(place)}" for place in example.remove]
    base = code_span(example.base) if example.base else "an empty config"
    changed = f"{base} with {', '.join(changes)}" if changes else base
    return f"{changed}, for {code_span(example.target)}" if example.target else changed


_MARKS: Final = re.compile(r"([\\`*\[\]<>|]|(?<!\w)_|_(?!\w))")


def _text(text: str) -> str:
    """Text that Markdown shows as it is."""
    return _MARKS.sub(r"\\\1", text)
