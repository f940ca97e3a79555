"""Every value is found where it stands, and edits leave the rest of the text as it is."""

import json

import pytest
from hypothesis import given, settings

from core.changes.edits import edited, edits
from core.changes.patch import apply
from core.changes.positions import Positions, Region
from core.check import check
from core.document import Document, parse, walk
from tests.core.rules.test_properties import configs

TEXT = """{
  "training": {"lr": 1e-4, "a\\"b": [1, {"c": null}]},
  "notes": {}
}"""


@given(configs())
@settings(max_examples=60)
def test_every_value_is_found_in_the_text(document: Document) -> None:
    for text in (json.dumps(document, ensure_ascii=False), json.dumps(document, indent="\t")):
        places = Positions(text)
        for path, value in walk(document):
            assert json.loads(text[slice(*places.spans[path].value)]) == value


@pytest.mark.parametrize(
    ("path", "marked"),
    [
        (("training", "lr"), '"lr": 1e-4'),
        (("training",), '"training"'),
        (("training", 'a"b', 1, "c"), '"c": null'),
        (("training", 'a"b', 0), "1"),
        (("training", "missing"), '"training"'),
        (("notes", "missing", "deeper"), '"notes"'),
        (("missing",), "{"),
        ((), "{"),
    ],
)
def test_a_place_is_key_and_value_or_what_would_hold_them(
    path: tuple[str | int, ...], marked: str
) -> None:
    region = Positions(TEXT).region(path)
    line = TEXT.split("\n")[region.line - 1]
    assert line[region.column - 1 : region.end_column - 1] == marked
    assert region.end_line == region.line


def test_lines_and_columns_count_characters() -> None:
    assert Positions('{"é😀": {},\n "b": 1}').region(("b",)) == Region(2, 2, 2, 8)
    assert Positions('{"é😀": 1}').region(("é😀",)) == Region(1, 2, 1, 9)


@given(configs())
@settings(max_examples=30)
def test_edits_do_what_the_patch_does(document: Document) -> None:
    text = json.dumps(document, indent=4)
    for finding in check(document):
        if found := edits(Positions(text), document, finding.fix or ()):
            assert parse(edited(text, found)) == apply(document, finding.fix or ())


@pytest.mark.parametrize(
    ("operation", "wanted"),
    [
        ({"op": "replace", "path": "/training/lr", "value": 5e-5}, TEXT.replace("1e-4", "5e-5")),
        ({"op": "remove", "path": "/training/lr"}, TEXT.replace('"lr": 1e-4, ', "")),
        ({"op": "remove", "path": "/notes"}, TEXT.replace(',\n  "notes": {}', "")),
        ({"op": "add", "path": "/seed", "value": 1}, TEXT.replace("{}\n", '{},\n  "seed": 1\n')),
        ({"op": "add", "path": "/training/x", "value": 1}, TEXT.replace("]},", '], "x": 1},')),
        (
            {"op": "move", "from": "/training/lr", "path": "/notes/lr"},
            TEXT.replace('"lr": 1e-4, ', "").replace("{}", '{\n    "lr": 1e-4\n  }'),
        ),
    ],
)
def test_an_edit_changes_nothing_else(operation: dict[str, object], wanted: str) -> None:
    document = parse(TEXT)
    assert edited(TEXT, edits(Positions(TEXT), document, (operation,))) == wanted


def test_what_touches_is_not_edited() -> None:
    operations = ({"op": "remove", "path": "/training/lr"}, {"op": "remove", "path": "/training"})
    assert edits(Positions(TEXT), parse(TEXT), operations) == ()
