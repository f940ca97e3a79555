"""Where two texts differ."""

import time

from hypothesis import given
from hypothesis import strategies as st

from core.changes.text_difference import CONTEXT, Line, Pieces, lines, words

TEXTS = st.text() | st.lists(st.sampled_from(["a", "b", " ", "\n", ".", "größer"])).map("".join)


def joined(pieces: Pieces | None) -> str:
    return "".join(piece.text for piece in pieces or ())


def marked(pieces: Pieces | None) -> list[str]:
    return [piece.text for piece in pieces or () if piece.differs]


def numbered(*skipped: int, count: int = 30) -> str:
    return "\n".join(f"line {number}" for number in range(count) if number not in skipped)


def test_whole_words_differ() -> None:
    left, right = words("adds two numbers", "adds 2 numbers")
    assert (marked(left), marked(right)) == (["two"], ["2"])


def test_a_word_more_is_marked_on_its_side_only() -> None:
    left, right = words("find a page", "find a good page")
    assert marked(left) == []
    assert "".join(marked(right)).strip() == "good"


@given(TEXTS, TEXTS)
def test_the_pieces_of_a_side_are_its_text(left: str, right: str) -> None:
    olds, news = words(left, right)
    assert (joined(olds), joined(news)) == (left, right)


@given(TEXTS)
def test_equal_texts_have_no_piece_that_differs(text: str) -> None:
    assert [marked(side) for side in words(text, text)] == [[], []]
    assert not any(line.differs for line in lines(text, text))


@given(TEXTS, TEXTS)
def test_what_is_not_marked_is_the_same_on_both_sides(left: str, right: str) -> None:
    olds, news = (
        "".join(piece.text for piece in side if not piece.differs) for side in words(left, right)
    )
    assert olds == news


def test_long_texts_are_compared_from_both_ends() -> None:
    left, right = words("same " * 900 + "old" + " end" * 900, "same " * 900 + "new" + " end" * 900)
    assert (marked(left), marked(right)) == (["old"], ["new"])


def test_a_line_that_only_one_text_has_stands_alone() -> None:
    (line,) = [line for line in lines("a\nc", "a\nb\nc") if line.differs]
    assert line.left is None
    assert joined(line.right) == "b"


def test_a_changed_line_shows_its_words() -> None:
    first, second = lines('{\n"lora_r": 8', '{\n"lora_r": 16')
    assert not first.differs
    assert (marked(second.left), marked(second.right)) == (["8"], ["16"])


def test_equal_lines_far_from_a_difference_are_left_out_and_counted() -> None:
    found = lines(numbered(), numbered(15))
    place = next(number for number, line in enumerate(found) if line.differs)
    assert [line.skipped for line in found] == [12, *[0] * (2 * CONTEXT), 11]
    assert place == CONTEXT
    assert found[-1] == Line((), (), 11)


def test_two_differences_close_to_each_other_share_the_lines_between() -> None:
    found = lines(numbered(), numbered(10, 16))
    assert [line.skipped for line in found if line.skipped] == [7, 10]
    assert len(found) == CONTEXT + 1 + 5 + 1 + CONTEXT + 1


def test_equal_texts_have_nothing_to_show() -> None:
    assert lines(numbered(), numbered()) == ()


@given(TEXTS, TEXTS)
def test_each_line_is_shown_or_counted(left: str, right: str) -> None:
    found = lines(left, right)
    if not found:
        assert left.splitlines() == right.splitlines()
        return
    skipped = sum(line.skipped for line in found)
    tail = found[-1].skipped > 0 and not found[-1].left and not found[-1].right
    for side, text in ((0, left), (1, right)):
        own = [line.right if side else line.left for line in found[: len(found) - tail]]
        assert sum(pieces is not None for pieces in own) + skipped == len(text.splitlines())


@given(st.lists(st.sampled_from("abcde")), st.lists(st.sampled_from("abcde")))
def test_lines_that_are_shown_are_those_of_the_text_in_order(
    olds: list[str], news: list[str]
) -> None:
    shown = [joined(line.left) for line in lines("\n".join(olds), "\n".join(news)) if line.left]
    rest = iter(olds)
    assert all(text in rest for text in shown)


def test_a_line_put_in_and_one_changed_far_below_leave_the_rest_equal() -> None:
    left = numbered(count=400)
    right = "new\n" + left.replace("line 399", "end")
    assert sum(line.differs for line in lines(left, right)) == 2


def test_huge_texts_are_done_at_once() -> None:
    start = time.process_time()
    marks = [".," * 250 + str(number) for number in range(1000)]
    others = [",;" * 250 + str(number) for number in range(1000)]
    assert len(lines("\n".join(marks), "\n".join(others))) == 1000
    assert len(lines("\n".join(marks), "\n".join([*marks[1:], *others]))) > 1000
    words("x" * 1_000_000, "y" * 1_000_000)
    words("a b " * 250_000, "b a " * 250_000)
    # A second or two here; minutes where each line is looked at word by word.
    assert time.process_time() - start < 30
