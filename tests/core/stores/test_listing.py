"""What ``core/stores/protocol.py`` promises of listing, of every store."""

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.stores.listing import folded, read_cursor
from core.stores.protocol import Config, ConfigStore, Page, Query, Sort
from tests.stores import FAULTY, FINE, Clock, Stores, content, create, names, with_method

SORTS: tuple[Sort, ...] = get_args(Sort)


def pages(store: ConfigStore, query: Query) -> Iterator[Page]:
    """The query's page and all that follow it."""
    page = store.list(query)
    yield page
    while page.next:
        page = store.list(replace(query, cursor=page.next))
        yield page


def ids(found: Page) -> list[str]:
    return [row.id for row in found.rows]


# --- Rows ----------------------------------------------------------------------------------------


def test_a_row_has_what_a_list_shows(store: ConfigStore) -> None:
    config = store.create(content("run", description="d", checked=FAULTY), tags=["x"])
    store.mark_used(config.id)
    config = store.get(config.id)
    (row,) = store.list(Query()).rows
    for field in ("id", "name", "description", "template_type", "revision", "times_used", "tags"):
        assert getattr(row, field) == getattr(config, field)
    for field in ("last_used_at", "created_at", "updated_at"):
        assert getattr(row, field) == getattr(config, field)
    assert (row.method, row.model, row.is_valid, row.runs) == ("sft", "a/b", False, False)


@pytest.mark.parametrize(
    ("text", "method", "model"),
    [
        ("{}", None, None),
        ('{"training": {"method": 1}, "model": {"name": null}}', None, None),
        ('{"training": {"method": ["sft"]}, "model": {"name": {"a": "b"}}}', None, None),
        ('{"training": "sft", "model": ["a/b"]}', None, None),
        ('{"training.method": "sft", "model": {"name": "' + "é" * 300 + '"}}', None, "é" * 200),
        ('{"training": {"method": "\\u0064p\\u006f"}, "model": {"name": ""}}', "dpo", ""),
    ],
)
def test_method_and_model_are_told_where_they_are_text(
    store: ConfigStore, text: str, method: str | None, model: str | None
) -> None:
    store.create(content(text=text))
    (row,) = store.list(Query()).rows
    assert (row.method, row.model) == (method, model)


def test_a_save_shows_in_the_list(store: ConfigStore) -> None:
    (config,) = create(store, "run")
    changed = content("New", text=with_method("dpo"), description="words", checked=FAULTY)
    store.save(config.id, changed, expected_revision=1)
    for query in (Query(search="new WORDS"), Query(methods=("dpo",)), Query(valid=False)):
        assert names(store.list(query)) == ["New"]
    for query in (Query(search="run"), Query(methods=("sft",)), Query(valid=True)):
        assert store.list(query) == Page(())
        assert store.count(query) == 0


# --- Order ---------------------------------------------------------------------------------------


def test_each_sort_has_its_order(store: ConfigStore) -> None:
    b, a, c = create(store, "b", "A", "c")
    store.save(b.id, content("b", text="{}"), expected_revision=1)
    for config in (c, c, a):
        store.mark_used(config.id)
    expected: dict[Sort, list[str]] = {
        "updated": ["b", "c", "A"],
        "created": ["c", "A", "b"],
        "name": ["c", "b", "A"],
        "last_used": ["A", "c", "b"],
        "times_used": ["c", "A", "b"],
    }
    for sort, order in expected.items():
        assert names(store.list(Query(sort=sort))) == order
        assert names(store.list(Query(sort=sort, descending=False))) == order[::-1]


def test_names_are_in_order_whatever_their_case(store: ConfigStore) -> None:
    create(store, "Zeta", "alpha", "ähre", "Beta", "beta 2", "Ähre 2")
    rising = Query(sort="name", descending=False)
    assert names(store.list(rising)) == ["alpha", "Beta", "beta 2", "Zeta", "ähre", "Ähre 2"]


def test_equal_ones_are_in_the_order_of_their_ids(store: ConfigStore) -> None:
    made = sorted(config.id for config in create(store, *"edcba"))
    for sort in ("last_used", "times_used"):
        assert ids(store.list(Query(sort=sort, descending=False))) == made
        assert ids(store.list(Query(sort=sort))) == made[::-1]


# --- Pages ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize("sort", SORTS)
def test_pages_lead_on_and_back(store: ConfigStore, sort: Sort, descending: bool) -> None:
    configs = create(store, *"abcdefg")
    store.mark_used(configs[3].id)
    query = Query(sort=sort, descending=descending, limit=2)
    there = list(pages(store, query))
    assert [len(page.rows) for page in there] == [2, 2, 2, 1]
    assert there[0].previous is None
    page = there[-1]
    for earlier in there[-2::-1]:
        page = store.list(replace(query, cursor=page.previous))
        assert page == earlier


def test_a_page_that_is_just_full_is_the_last(store: ConfigStore) -> None:
    create(store, "a", "b")
    assert store.list(Query(limit=2)).next is None


@pytest.mark.parametrize(("limit", "rows"), [(0, 1), (-5, 1), (1, 1), (2, 2), (10**9, 3)])
def test_a_page_has_1_to_500_rows(store: ConfigStore, limit: int, rows: int) -> None:
    create(store, "a", "b", "c")
    assert len(store.list(Query(limit=limit)).rows) == rows


def test_a_new_config_moves_no_row_to_another_page(store: ConfigStore) -> None:
    create(store, "a", "b", "c")
    first = store.list(Query(limit=2))
    create(store, "new")
    second = store.list(Query(limit=2, cursor=first.next))
    assert names(second) == ["a"]
    assert names(store.list(Query(limit=2, cursor=second.previous))) == ["c", "b"]


def test_a_page_whose_rows_are_gone_is_the_first(store: ConfigStore) -> None:
    last = create(store, "a", "b", "c")[0]
    page = store.list(Query(limit=2))
    store.delete(last.id)
    assert names(store.list(Query(limit=2, cursor=page.next))) == ["c", "b"]


def test_a_page_before_the_first_row_is_the_first(store: ConfigStore) -> None:
    configs = create(store, *"abcde")
    third = list(pages(store, Query(limit=2)))[2]
    store.delete(configs[4].id)
    page = store.list(Query(limit=4, cursor=third.previous))
    assert names(page) == ["d", "c", "b", "a"]
    assert page.previous is None


def forged(*parts: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


FORGED = [
    "",
    "x",
    "é",
    "\ud800",
    "\x00",
    "....",
    "A" * 100_000,
    base64.urlsafe_b64encode(b"[" * 3000).decode(),
    base64.urlsafe_b64encode(b"\xff\xfe").decode(),
    base64.urlsafe_b64encode(b"1" * 3000).decode(),
    forged(),
    forged("name"),
    forged("name", False, False, None, "x"),
    forged("name", False, False, 1, "x"),
    forged("name", False, False, ["x"], "x"),
    forged("name", False, False, "x", None),
    forged("name", 0, False, "x", "x"),
    forged("name", False, "x", "x", "x"),
    forged("name", False, False, "\ud800", "x"),
    forged("name", False, False, "x", "\udfff"),
    forged("name", True, False, "a", "x"),
    forged("updated", False, False, "a", "x"),
    forged("name; DROP TABLE training_configs", False, False, "x", "x"),
    forged(["name"], False, False, "x", "x"),
    forged("name", False, False, "x", "x", "x"),
]


@pytest.mark.parametrize("cursor", FORGED)
def test_a_cursor_that_says_nothing_gives_the_first_page(store: ConfigStore, cursor: str) -> None:
    create(store, "a", "b")
    query = Query(sort="name", descending=False, limit=1)
    assert store.list(replace(query, cursor=cursor)) == store.list(query)


@pytest.mark.parametrize("value", [2**63, -(2**70), 1.5, True, "1", None, "\x00"])
def test_a_number_that_is_none_gives_the_first_page(store: ConfigStore, value: object) -> None:
    create(store, "a", "b")
    cursor = forged("times_used", True, False, value, "x")
    query = Query(sort="times_used", limit=1)
    assert store.list(replace(query, cursor=cursor)) == store.list(query)


@pytest.mark.parametrize("value", ["", "\x00", "zzz", "'", "2026", "\U0010ffff"])
@pytest.mark.parametrize("backward", [True, False])
@pytest.mark.parametrize("sort", SORTS)
def test_a_forged_place_is_a_place_like_any_other(
    store: ConfigStore, sort: Sort, backward: bool, value: str
) -> None:
    create(store, "a", "b")
    place = 7 if sort == "times_used" else value
    cursor = forged(sort, True, backward, place, value)
    assert set(names(store.list(Query(sort=sort, cursor=cursor)))) <= {"a", "b"}


@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda data: forged(data.hex())))
@settings(max_examples=50)
def test_no_cursor_is_an_error(cursor: str) -> None:
    assert read_cursor(Query(cursor=cursor)) is None


def test_a_cursor_fits_into_a_url(store: ConfigStore) -> None:
    create(store, "ſ" * 120, "ﬃ" * 120, "語" * 120)
    found = list(pages(store, Query(sort="name", limit=1)))
    assert names(found[1]) != names(found[0])
    assert len(found) == 3
    for page in found[:2]:
        assert page.next is not None
        assert page.next.replace("-", "").replace("_", "").isalnum()
        assert len(page.next) < 1500


# --- Filters -------------------------------------------------------------------------------------


@pytest.fixture
def mixed(store: ConfigStore) -> ConfigStore:
    """Three configs that differ in all there is to filter by."""
    store.create(content("a", text=with_method("sft"), template_type="one"), tags=["x"])
    store.create(content("b", text=with_method("dpo"), template_type="two"), tags=["x", "y"])
    store.create(content("c", text=with_method(1), template_type="two", checked=FAULTY))
    return store


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (Query(methods=("sft",)), "a"),
        (Query(methods=("sft", "dpo")), "ba"),
        (Query(methods=("ppo",)), ""),
        (Query(methods=("sft", "sft")), "a"),
        (Query(methods=("\ud800",)), ""),
        (Query(methods=("' OR 1=1 --", "\x00", "%")), ""),
        (Query(methods=tuple(map(str, range(50_000)))), ""),
        (Query(templates=("two",)), "cb"),
        (Query(templates=("one", "two", "three")), "cba"),
        (Query(templates=("\ud800",)), ""),
        (Query(valid=True), "ba"),
        (Query(valid=False), "c"),
        (Query(tags=("x",)), "ba"),
        (Query(tags=("x", "y")), "b"),
        (Query(tags=("y", "y")), "b"),
        (Query(tags=("X",)), ""),
        (Query(tags=("\ud800",)), ""),
        (Query(tags=tuple(map(str, range(100)))), ""),
        (Query(methods=("dpo",), templates=("two",), valid=True, tags=("x",), search="B"), "b"),
        (Query(methods=("dpo",), valid=False), ""),
    ],
)
def test_filters_all_have_to_hold(mixed: ConfigStore, query: Query, found: str) -> None:
    for sort in SORTS:
        page = mixed.list(replace(query, sort=sort, descending=False))
        assert sorted(names(page)) == sorted(found)
        assert mixed.count(replace(query, sort=sort)) == len(found)
    assert names(mixed.list(query)) == list(found)


def test_facets_say_what_there_is(mixed: ConfigStore) -> None:
    facets = mixed.facets()
    assert facets.total == 3
    assert facets.methods == {"dpo": 1, "sft": 1}
    assert facets.templates == {"one": 1, "two": 2}
    assert facets.tags == {"x": 2, "y": 1}


def test_an_empty_library_has_no_facets(store: ConfigStore) -> None:
    facets = store.facets()
    assert (facets.total, facets.methods, facets.templates, facets.tags) == (0, {}, {}, {})


# --- Search --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("", True),
        (" \t\n", True),
        ("größe", True),
        ("GRÖSSE", True),
        ("Gro\u0308ße", True),
        ("ΣΊΣΥΦΟΣ", True),
        ("σίσυφος", True),
        ("мОДЕЛЬ", True),
        ("run мод", True),
        ("un gr", True),
        ("100%", True),
        ("a_b", True),
        ("c\\d", True),
        ("語", True),
        ("100%x", False),
        ("_", True),
        ("axb", False),
        ("%", True),
        ("run other", False),
        ("r.n", False),
        ("*", False),
        ("\x00", False),
        ("\ud800", False),
        ("run\nmodel", False),
        ("x" * 100_000, False),
        ("run " * 10_000, True),
        (" ".join(map(str, range(5_000))), False),
    ],
)
def test_all_words_are_found_in_any_case(store: ConfigStore, search: str, found: bool) -> None:
    store.create(content("Run Größe 100%", description="Σίσυφος Модель a_b c\\d\n語"))
    store.create(content("nothing", description=""))
    for sort in SORTS:
        query = Query(search=search, sort=sort)
        assert ("Run Größe 100%" in names(store.list(query))) is found
        assert (store.count(query) > 0) is found


def test_wildcards_are_characters_like_any_other(store: ConfigStore) -> None:
    create(store, "a%b", "a_b", "axb", "a\\b", "a*b", "a?b")
    for word in ("%", "_", "\\", "*", "?"):
        assert names(store.list(Query(search=word))) == [f"a{word}b"]
        assert names(store.list(Query(search=f"a{word}b", sort="name"))) == [f"a{word}b"]


def test_search_finds_no_deleted_config_under_any_order(store: ConfigStore) -> None:
    (config,) = create(store, "run")
    store.delete(config.id)
    for sort in SORTS:
        assert store.list(Query(search="run", sort=sort)).rows == ()


# --- All of it -----------------------------------------------------------------------------------

NAMES = ["a", "A", "a b", "ab", "B", "é", "É", "e\u0301x", "ß", "SS", "Z_", "z%", "語", "😀"]
QUERIES = st.builds(
    Query,
    search=st.sampled_from(["", "a", "É", "ss", "nothing", "word a", "_"]),
    methods=st.sampled_from([(), ("sft",), ("dpo",), ("sft", "dpo"), ("ppo",)]),
    templates=st.sampled_from([(), ("one",), ("one", "two")]),
    valid=st.sampled_from([None, None, True, False]),
    tags=st.sampled_from([(), (), ("x",), ("x", "y")]),
    sort=st.sampled_from(SORTS),
    descending=st.booleans(),
    limit=st.integers(1, 12),
)


def fill(store: ConfigStore, clock: Clock | None) -> list[Config]:
    """Configs with many equal values; where the clock can be held, equal moments too."""
    made = []
    for number in range(40):
        name = NAMES[number % len(NAMES)] + "." * (number // len(NAMES))
        text = with_method(("sft", "dpo", None, 7)[number % 4])
        checked = FINE if number % 3 else FAULTY
        template = ("one", "two")[number % 2]
        tags = ("x", "y", "z")[: number % 4]
        if clock and number % 5:
            clock.advance(milliseconds=-1)
        described = content(
            name,
            text=text,
            checked=checked,
            template_type=template,
            description="Word" * (number % 2),
        )
        made.append(store.create(described, tags=tags))
    for number, config in enumerate(made):
        for _ in range(number % 3):
            store.mark_used(config.id)
    return [store.get(config.id) for config in made]


KEYS: dict[Sort, Callable[[Config], Any]] = {
    "updated": lambda config: config.updated_at,
    "created": lambda config: config.created_at,
    "name": lambda config: folded(config.name),
    "last_used": lambda config: (config.last_used_at is not None, config.last_used_at),
    "times_used": lambda config: config.times_used,
}


def fits(config: Config, query: Query) -> bool:
    text = folded(f"{config.name}\n{config.description}")
    method = config.config_json["training"]["method"]
    return (
        all(folded(word) in text for word in query.search.split())
        and (not query.methods or method in query.methods)
        and (not query.templates or config.template_type in query.templates)
        and (query.valid is None or config.checked.is_valid is query.valid)
        and set(query.tags) <= set(config.tags)
    )


def expected(configs: list[Config], query: Query) -> list[str]:
    found = [config for config in configs if fits(config, query)]
    found.sort(key=lambda config: (KEYS[query.sort](config), config.id), reverse=query.descending)
    return [config.id for config in found]


def test_the_pages_of_any_query_are_the_sorted_list(stores: Stores) -> None:
    store = stores.anna
    configs = fill(store, stores.clock)

    @given(QUERIES)
    @settings(max_examples=stores.examples, deadline=None)
    def holds(query: Query) -> None:
        there = list(pages(store, query))
        rows = [row for page in there for row in ids(page)]
        assert rows == expected(configs, query)
        assert store.count(query) == len(rows)
        assert all(len(page.rows) == query.limit for page in there[:-1])
        back = [store.list(replace(query, cursor=page.previous)) for page in there[1:]]
        assert back == there[:-1]

    holds()
