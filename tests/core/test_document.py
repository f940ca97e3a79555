"""Strict reading, lossless writing, and paths."""

import json
import math
import random
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.document import (
    ABSENT,
    MAX_BYTES,
    MAX_DEPTH,
    drop,
    get,
    identical,
    number_text,
    parse,
    parse_value,
    path_text,
    pointer,
    put,
    read,
    same,
    walk,
    write,
)
from core.errors import DocumentError, PathError

CONFIG = """\
{
  "model": {"name": "Qwen/Qwen3-0.6B", "torch_dtype": "float16"},
  "tokenizer": {"name": "Qwen/Qwen3-0.6B", "trust_remote_code": true},
  "training": {"method": "sft", "learning_rate": 5e-5, "num_epochs": 1, "warmup_steps": 100},
  "data": {"strategy": "toolbench", "generation_type": "real", "train_split": 0.99},
  "tools": [
    {"name": "calc \\u00e9 \\n", "description": "Gr\u00f6\u00dfe", "parameters": {"type": "object"}}
  ],
  "x-note": {"mine": [null, -0.5, 1e3, "{not, json}"]}
}
"""


# --- Refusals: where, why, and what to do ------------------------------------------------------


def refusal(text: str) -> DocumentError:
    with pytest.raises(DocumentError) as caught:
        parse(text)
    return caught.value


@pytest.mark.parametrize(
    ("text", "line", "column", "reason"),
    [
        pytest.param('{\n  // note\n  "a": 1\n}', 2, 3, "JSON has no comments", id="comment"),
        pytest.param('{"a": 1 /* x */}', 1, 9, "JSON has no comments", id="block-comment"),
        pytest.param('# x\n{"a": 1}', 1, 1, "JSON has no comments", id="hash-comment"),
        pytest.param('{"a": 1,\n}', 1, 8, "Delete this comma", id="comma-in-object"),
        pytest.param('{"a": [1, 2,]}', 1, 12, "Delete this comma", id="comma-in-list"),
        pytest.param('{"a": NaN}', 1, 7, "NaN is not a JSON number", id="nan"),
        pytest.param('{"a": Infinity}', 1, 7, "Infinity is not a JSON number", id="infinity"),
        pytest.param('{"a": -Infinity}', 1, 7, "-Infinity is not a JSON", id="minus-infinity"),
        pytest.param('{"a": 1e400}', 1, 7, "1e400 is too large", id="1e400"),
        pytest.param('{"a": -1e400}', 1, 7, "-1e400 is too large", id="-1e400"),
        pytest.param('{"a": 9007199254740993}', 1, 7, "beyond 2^53", id="big-integer"),
        pytest.param('{"a": -9007199254740993}', 1, 7, "beyond 2^53", id="big-negative"),
        pytest.param('{"a": ' + "9" * 5000 + "}", 1, 7, "beyond 2^53", id="5000-digits"),
        pytest.param('{"a": 007}', 1, 7, "'007' is not a JSON number", id="leading-zero"),
        pytest.param('{"a": .5}', 1, 7, "'.5' is not a JSON number", id="no-leading-digit"),
        pytest.param('{"a": 5.}', 1, 7, "'5.' is not a JSON number", id="no-fraction"),
        pytest.param('{"a": +1}', 1, 7, "'+1' is not a JSON number", id="plus"),
        pytest.param('{"a": 0x10}', 1, 7, "'0x10' is not a JSON number", id="hexadecimal"),
        pytest.param('{"a": 1_000}', 1, 7, "'1_000' is not a JSON number", id="underscore"),
        pytest.param('{"a": 1,\n "a": 2}', 2, 2, "This key is there twice", id="twice"),
        pytest.param('{"b": {"a": 1, "\\u0061": 2}}', 1, 16, "is there twice", id="escaped"),
        pytest.param('{"a": "x\\u0000"}', 1, 7, "NUL character", id="nul-escaped"),
        pytest.param('{"a": "x\x00"}', 1, 9, "NUL character", id="nul-raw"),
        pytest.param('{"a":\x00 1}', 1, 6, "NUL character", id="nul-outside"),
        pytest.param('{"a": "\\ud800"}', 1, 7, "surrogate", id="surrogate-escaped"),
        pytest.param('{"a": "\\udc00\\ud83d"}', 1, 7, "surrogate", id="surrogates-swapped"),
        pytest.param('{"a": "\ud83d"}', 1, 7, "surrogate", id="surrogate-raw"),
        pytest.param('{"\\ud800": 1}', 1, 2, "surrogate", id="surrogate-key"),
        pytest.param("{'a': 1}", 1, 2, "double quotes", id="single-quotes"),
        pytest.param('{"a": True}', 1, 7, "Write true in lower case", id="python-true"),
        pytest.param('{"a": None}', 1, 7, "Write null instead", id="python-none"),
        pytest.param('{"a": "x\ny"}', 1, 9, "write \\n", id="raw-line-break"),
        pytest.param('{"a": "x\ty"}', 1, 9, "write \\t", id="raw-tab"),
        pytest.param('{"a": "x\x01y"}', 1, 9, "write \\u0001", id="raw-control"),
        pytest.param('{"a": "\\x41"}', 1, 8, "backslash", id="bad-escape"),
        pytest.param('{"a": "C:\\users"}', 1, 11, "hexadecimal digits", id="bad-code"),
        pytest.param('{"a": "x}', 1, 7, "double quote that closes", id="open-text"),
        pytest.param("{a: 1}", 1, 2, "key in double quotes", id="bare-key"),
        pytest.param('{"a" 1}', 1, 6, "colon", id="no-colon"),
        pytest.param('{"a": 1 "b": 2}', 1, 9, "comma before this", id="no-comma"),
        pytest.param('{"a": }', 1, 7, "A value is missing", id="no-value"),
        pytest.param('{"a": 1}\n}', 2, 1, "delete what follows", id="after-the-end"),
        pytest.param('{"a": [1', 1, 9, "close the bracket", id="cut"),
        pytest.param("\ufeff{}", 1, 1, "byte-order mark", id="mark-in-text"),
        pytest.param("\n [1]", 2, 2, "This is a list", id="list"),
        pytest.param('"text"', 1, 1, "This is text", id="text"),
        pytest.param("null", 1, 1, "This is null", id="null"),
        pytest.param("", 1, 1, "There is no JSON here", id="empty"),
        pytest.param(" \n\t ", 1, 1, "There is no JSON here", id="blank"),
    ],
)
def test_refusal_says_where_and_why(text: str, line: int, column: int, reason: str) -> None:
    error = refusal(text)
    assert (error.line, error.column) == (line, column)
    assert reason in error.reason
    assert_clear(error, text)


@pytest.mark.parametrize(
    ("text", "column"),
    [('{"a" 1, "b": NaN}', 6), ("{a: None}", 2), ('{"a": "\\q", "b": 01}', 8), ("[} // x", 2)],
)
def test_the_first_of_two_faults_is_named(text: str, column: int) -> None:
    assert refusal(text).column == column


def nested(depth: int) -> str:
    return '{"a": ' + "[" * (depth - 1) + "]" * (depth - 1) + "}"


def test_nesting_is_limited() -> None:
    assert parse(nested(MAX_DEPTH))
    error = refusal(nested(MAX_DEPTH + 1))
    assert "nested over 20 deep" in error.reason
    assert error.column == len('{"a": ') + MAX_DEPTH


def test_endless_nesting_is_refused_like_any_other() -> None:
    assert "nested over 20 deep" in refusal('{"a": ' + "[" * 100_000).reason


def of_size(size: int) -> bytes:
    return b'{"a": "' + b"x" * (size - 9) + b'"}'


def test_size_is_limited_in_bytes() -> None:
    assert read(of_size(MAX_BYTES)).document
    with pytest.raises(DocumentError, match=r"1048577 bytes; shorten it to 1048576 \(1 MiB\)\."):
        read(of_size(MAX_BYTES + 1))
    with pytest.raises(DocumentError, match="over 1 MiB"):
        parse('{"a": "' + "é" * (MAX_BYTES // 2) + '"}')


@pytest.mark.parametrize(
    ("data", "line", "column", "reason"),
    [
        ('{"a": 1}'.encode("utf-16"), 1, 1, "UTF-16"),
        ('{"a": 1}'.encode("utf-16-be"), 1, 1, "save the file as UTF-8"),
        ('{"a": 1}'.encode("utf-32"), 1, 1, "UTF-32"),
        (b'{\n"caf\xe9": 1}', 2, 5, "Byte 0xe9 is not UTF-8"),
        (b'\xef\xbb\xbf{"\xff": 1}', 1, 3, "Byte 0xff is not UTF-8"),
        (b'{"a": "\xed\xa0\x80"}', 1, 8, "Byte 0xed is not UTF-8"),
        (b'\xef\xbb\xbf{"a": nan}', 1, 7, "A value is missing"),
        (b"\xef\xbb\xbf", 1, 1, "There is no JSON here"),
        (b"", 1, 1, "There is no JSON here"),
    ],
)
def test_bytes_that_are_not_utf8_text_are_refused(
    data: bytes, line: int, column: int, reason: str
) -> None:
    with pytest.raises(DocumentError) as caught:
        read(data)
    assert (caught.value.line, caught.value.column) == (line, column)
    assert reason in caught.value.reason


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 9007199254740992, "b": -9007199254740992}',
        '{"a": "\\ud83d\\ude00"}',
        '{"a": "// no comment, # nor this, NaN, [1,]"}',
        '{"a": {"b": 1}, "c": {"b": 1}}',
        '{"a": [{"b": 1}, {"b": 1}], "b": 1}',
        '{"": {"": ""}}',
        '{"a": "\u2028\x7f\u00a0"}',
        '{"a": [0, -0, 0.0, -0.0, 1E5, 1e+5, 1e-400]}',
        "{}",
    ],
)
def test_what_looks_odd_and_is_json_is_accepted(text: str) -> None:
    assert same(parse(text), json.loads(text))


# --- Reading and writing keep everything -------------------------------------------------------


def test_source_is_kept_byte_for_byte() -> None:
    text = '{ "b":1,\r\n\t"a" : 5E-05 }\n\n'
    source = read(text.encode())
    assert source.text == text
    assert not source.had_bom


def test_byte_order_mark_is_dropped_and_reported() -> None:
    source = read(b'\xef\xbb\xbf{"a": 1}')
    assert source.had_bom
    assert source.text == '{"a": 1}'
    assert source.document == {"a": 1}


def test_writing_uses_two_spaces_and_keeps_the_order_of_keys() -> None:
    text = '{\n  "b": [\n    1,\n    {\n      "z": "é",\n      "a": []\n    }\n  ],\n  "a": {}\n}\n'
    assert write(parse(text)) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (5e-5, "5e-5"),
        (2.5e-05, "2.5e-5"),
        (1e-08, "1e-8"),
        (1e22, "1e22"),
        (0.0001, "1e-4"),
        (1.0, "1.0"),
        (-0.0, "-0.0"),
    ],
)
def test_numbers_are_written_as_people_write_them(number: float, text: str) -> None:
    assert number_text(number) == text
    assert write({"a": number}) == '{\n  "a": ' + text + "\n}\n"


def test_unknown_keys_survive_edits_elsewhere() -> None:
    document = parse(CONFIG)
    edited = put(document, ("training", "learning_rate"), 1e-4)
    assert edited["x-note"] == document["x-note"]
    assert drop(edited, ("training", "learning_rate"))["x-note"] == document["x-note"]
    assert list(edited) == list(document)


def test_same_tells_types_apart() -> None:
    assert same({"a": 1, "b": [True]}, {"b": [True], "a": 1})
    assert not same(1, 1.0)
    assert not same(1, True)
    assert not same([1], [1, 2])
    assert not identical({"a": 1, "b": 2}, {"b": 2, "a": 1})
    assert identical({"a": 1}, {"a": 1})


# --- Paths -------------------------------------------------------------------------------------


DOCUMENT: dict[str, Any] = {"training": {"lora_r": 8}, "tools": [{"name": "a"}, {"name": "b"}]}


def test_get() -> None:
    assert get(DOCUMENT, ("tools", 1, "name")) == "b"
    assert get(DOCUMENT, ()) is DOCUMENT
    assert get(DOCUMENT, ("tools", 2)) is ABSENT
    assert get(DOCUMENT, ("tools", -1)) is ABSENT
    assert get(DOCUMENT, ("tools", "0")) is ABSENT
    assert get(DOCUMENT, ("training", "lora_r", "x"), None) is None
    assert not ABSENT


def test_put_copies_the_way_and_shares_the_rest() -> None:
    edited = put(DOCUMENT, ("tools", 1, "name"), "c")
    assert edited["tools"] == [{"name": "a"}, {"name": "c"}]
    assert edited["training"] is DOCUMENT["training"]
    assert DOCUMENT["tools"][1] == {"name": "b"}


def test_put_makes_missing_objects_and_appends_new_keys() -> None:
    edited = put(DOCUMENT, ("data", "x", "y"), 1)
    assert edited["data"] == {"x": {"y": 1}}
    assert list(edited) == ["training", "tools", "data"]


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (("training", "lora_r", "x"), "training.lora_r.x"),
        (("tools", 2), "tools[2]"),
        (("tools", "name"), "tools.name"),
        (("data", 0), "data[0]"),
    ],
)
def test_put_refuses_a_way_through_other_values(path: tuple[str | int, ...], place: str) -> None:
    with pytest.raises(PathError, match=re.escape(repr(place))):
        put(DOCUMENT, path, 1)


def test_drop() -> None:
    assert drop(DOCUMENT, ("tools", 0))["tools"] == [{"name": "b"}]
    assert drop(DOCUMENT, ("training", "lora_r")) == {**DOCUMENT, "training": {}}
    assert drop(DOCUMENT, ("training", "nothing")) is DOCUMENT
    assert drop(DOCUMENT, ()) is DOCUMENT


def test_walk_names_every_value_with_its_path() -> None:
    paths = [path_text(path) for path, _ in walk({"a": [1, {"b": 2}], "c": {}})]
    assert paths == ["", "a", "a[0]", "a[1]", "a[1].b", "c"]


def test_paths_as_people_and_as_pointers_write_them() -> None:
    assert path_text(("tools", 2, "parameters")) == "tools[2].parameters"
    assert path_text(("data", "a.b", "$ref")) == 'data["a.b"].$ref'
    assert path_text(("größe", "")) == '["größe"][""]'
    assert pointer(("tools", 2, "a/b~c", "")) == "/tools/2/a~1b~0c/"
    assert pointer(()) == ""


# --- Properties --------------------------------------------------------------------------------


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)
DOCUMENTS = st.dictionaries(TEXT, VALUES, max_size=5)


def depth(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return int(isinstance(value, dict | list)) + max(map(depth, inner), default=0)


@given(DOCUMENTS.filter(lambda document: depth(document) <= MAX_DEPTH))
def test_what_is_written_is_read_back(document: dict[str, Any]) -> None:
    assert identical(parse(write(document)), document)


@given(st.text() | st.text('{}[]",:\\/u0dDeE+-.1 \n\t\x00#NaInfityTrueFalsNo\ud800'))
@example("[" * 21)
def test_any_text_is_a_document_or_a_document_error(text: str) -> None:
    try:
        document = parse(text)
    except DocumentError as error:
        assert_clear(error, text)
    else:
        assert same(document, strictly(text))


@given(st.binary() | st.text('{}[]",:\\u0e1 \n').map(lambda text: text.encode("utf-16")))
def test_any_bytes_are_a_document_or_a_document_error(data: bytes) -> None:
    try:
        document = read(data).document
    except DocumentError as error:
        assert_clear(error, data.decode("utf-8", "replace"))
    else:
        assert same(document, strictly(data.decode("utf-8-sig")))


@given(DOCUMENTS, st.data())
def test_what_is_put_is_got_and_nothing_else_changes(
    document: dict[str, Any], data: st.DataObject
) -> None:
    path = data.draw(st.sampled_from([path for path, _ in walk(document)]))
    value = data.draw(VALUES)
    before = write(document)
    edited = put(document, path, value)
    assert same(get(edited, path), value)
    assert write(document) == before
    for other, kept in walk(document):
        if other[: len(path)] != path and other != path[: len(other)]:
            assert same(get(edited, other), kept)


@given(DOCUMENTS, st.data())
def test_what_is_dropped_is_gone(document: dict[str, Any], data: st.DataObject) -> None:
    path = data.draw(st.sampled_from([path for path, _ in walk(document)]))
    edited = drop(document, path)
    if path:
        assert same(put(edited, path[:-1], get(document, path[:-1])), document)
        holder = get(document, path[:-1])
        assert len(get(edited, path[:-1])) == len(holder) - 1


# --- A few thousand hostile files --------------------------------------------------------------


def strictly(text: str) -> dict[str, Any]:
    """Another reading with the same limits: Python's, with its hooks; ValueError when refused."""
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise ValueError("size")
    value = json.loads(
        text,
        object_pairs_hook=unique,
        parse_constant=no_constant,
        parse_float=finite,
        parse_int=exact,
    )
    if not isinstance(value, dict) or depth(value) > MAX_DEPTH:
        raise ValueError("not an object, or too deep")
    # Half a surrogate pair, raw or escaped, can't be encoded: that is a ValueError too.
    if b"\x00" in "".join(texts(value)).encode("utf-8"):
        raise ValueError("NUL")
    return value


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise ValueError("twice")
    return dict(pairs)


def no_constant(name: str) -> None:
    raise ValueError(name)


def finite(text: str) -> float:
    if math.isinf(float(text)):
        raise ValueError(text)
    return float(text)


def exact(text: str) -> int:
    if len(text) > 17 or abs(int(text)) > 2**53:
        raise ValueError(text[:20])
    return int(text)


def texts(value: Any) -> Iterator[str]:
    for path, item in walk(value):
        if isinstance(item, str):
            yield item
        if path and isinstance(path[-1], str):
            yield path[-1]


def cut(text: str, chance: random.Random) -> str:
    return text[: chance.randrange(len(text))]


def drop_part(text: str, chance: random.Random) -> str:
    start = chance.randrange(len(text))
    return text[:start] + text[start + chance.randint(1, 9) :]


def flip(text: str, chance: random.Random) -> str:
    at = chance.randrange(len(text))
    return text[:at] + chr(ord(text[at]) ^ 1 << chance.randrange(7)) + text[at + 1 :]


def twice(text: str, chance: random.Random) -> str:
    start, end = sorted(chance.randrange(len(text) + 1) for _ in range(2))
    return text[:end] + text[start:end] + text[end:]


def swap(text: str, chance: random.Random) -> str:
    one, two = chance.sample('{}[]":,', 2)
    return text.translate({ord(one): two}) if chance.random() < 0.3 else text.replace(one, two, 1)


def insert(text: str, chance: random.Random) -> str:
    at = chance.randrange(len(text) + 1)
    return text[:at] + chance.choice(HOSTILE) + text[at:]


def value(text: str, chance: random.Random) -> str:
    """Put something hostile where a value stands."""
    spots = list(re.finditer(r'(?<=: )("[^"]*"|[\d.e-]+|true|false|null)', text))
    spot = chance.choice(spots) if spots else None
    return text[: spot.start()] + chance.choice(HOSTILE) + text[spot.end() :] if spot else text


def deepen(text: str, chance: random.Random) -> str:
    many = chance.choice([5, 17, 18, 19, 20, 21, 100, 3000])
    opening, closing = chance.choice([("[", "]"), ('{"a":', "}")])
    nest = opening * many + "1" + closing * chance.choice([many, many, many, many - 1])
    return text.replace('"float16"', nest, 1)


HOSTILE = [
    *("NaN", "-Infinity", "Infinity", "1e400", "-1e309", "1e308", "1e-400", "9007199254740992"),
    *("9007199254740993", "-9007199254740992", "9" * 400, "9" * 5000, "0." + "1" * 5000, "1E+5"),
    *("01", "-", "-01", "+1", ".5", "5.", "1e", "1e+", "0x1F", "1_000", "1,5", "--1", "\u0661"),
    *("True", "None", "undefined", "nan", "nul", "tru", "'text'", "`x`", "\u201cx\u201d"),
    *('"\\u0000"', '"\\ud800"', '"\\udfff\\ud800"', '"\\ud83d\\ude00"', '"\\ud83d"', '"\\u12"'),
    *('"\\x41"', '"\\"', '"\\\\"', '"\\', '"\x00"', '"\n"', '"\t"', '"\x1f"', '"\x7f"', '"\ud800"'),
    *(
        "\x00",
        "\ufeff",
        "\u00a0",
        "\u2028",
        "\x0b",
        "\r",
        "\n",
        " ",
        "\t",
        "\x1b[31m",
        "\U0001f600",
    ),
    *("// x\n", "/* x */", "# x\n", "<!-- -->", "---\n", ",", ",,", "{", "}", "[", "]", ":", '"'),
    *(
        '"a": 1,',
        '"a": 1, "a": 2',
        '"name": 1',
        "{}",
        "[]",
        '{"a": 1, "\\u0061": 2}',
        "[1,]",
        "[,]",
    ),
    *('{"a": 1,}', '{"a" 1}', "{1: 2}", "null", "true", '""', "\\", "/", "@", "\x80", "é"),
]
MUTATIONS: list[Callable[[str, random.Random], str]] = [
    *(cut, drop_part, flip, twice, swap, insert, insert, value, value, value, deepen)
]


def hostile_files(count: int) -> Iterator[str]:
    """Valid configs with one to three things broken, the same ones each time."""
    chance = random.Random(20_261_123)
    for _ in range(count):
        text = CONFIG
        for _ in range(chance.choice([1, 1, 2, 3])):
            text = chance.choice(MUTATIONS)(text, chance) or " "
        yield text


def assert_clear(error: DocumentError, text: str) -> None:
    """The position lies in the text; the reason is a sentence that names what to do."""
    lines = text.split("\n")
    assert 1 <= error.line <= len(lines), (error, text)
    assert 1 <= error.column <= len(lines[error.line - 1]) + 1, (error, text)
    assert re.fullmatch(r"['\"\w-].{10,250}\.", error.reason), error.reason
    assert INSTRUCTION.search(error.reason), error.reason
    assert str(error) == f"Line {error.line}, column {error.column}: {error.reason}"


INSTRUCTION = re.compile(
    r"\b(write|give|delete|replace|use|make|save|shorten|close)\b", re.IGNORECASE
)


def test_thousands_of_hostile_files_get_a_clear_refusal_or_the_right_document() -> None:
    refused = 0
    for text in hostile_files(3000):
        try:
            document = parse(text)
        except DocumentError as error:
            assert_clear(error, text)
            with pytest.raises((ValueError, RecursionError)):
                strictly(text)
            refused += 1
        else:
            assert same(document, strictly(text)), text
            assert identical(parse(write(document)), document)
    assert 2000 < refused < 2990


# --- Hostile size ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("prefix", "unit"),
    [
        *(('{"a": [', unit) for unit in ("[", "]", "{", "}", "[],", "1,", "-", ",", ":", "'", "/")),
        *(('{"a": [', unit) for unit in ("1", "1.", "1e", "true,", '"a",', '{"":', '"\\u0000",')),
        *(('{"a": "', unit) for unit in ("\\", '\\"', '"\\', '"', "a", "é", "\n", "\\u00")),
        *(("", unit) for unit in ('"', "[", "\n", " ", "\x00", "1", "a")),
    ],
)
def test_a_full_size_hostile_text_is_answered_quickly(prefix: str, unit: str) -> None:
    text = prefix + unit * ((MAX_BYTES - len(prefix)) // len(unit.encode()))
    start = time.process_time()
    refusal(text)
    # A pass over the text takes below 2 s of one core; one that is quadratic takes hours.
    assert time.process_time() - start < 10


@pytest.mark.parametrize("item", ["1", '"a"', "{}", "[[]]", "1e5", '"\\n"', "null", "0.12345678"])
def test_a_full_size_document_is_read_quickly(item: str) -> None:
    text = '{"a": [' + ", ".join([item] * ((MAX_BYTES - 20) // (len(item) + 2))) + "]}"
    start = time.process_time()
    assert parse(text)
    assert time.process_time() - start < 10


def test_many_keys_are_read_quickly() -> None:
    text = "{" + ", ".join(f'"{number}": 0' for number in range(80_000)) + "}"
    start = time.process_time()
    assert len(parse_value(text)) == 80_000
    assert time.process_time() - start < 10
