"""What axe-core finds on a page that keeps people out who use a keyboard, a screen reader or zoom.

axe-core comes from npm, as ``axe_core/package-lock.json`` pins it, and runs inside the page.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from playwright.sync_api import Page

from tests.browser.idle import wait_until_idle
from tests.supabase_server import MissingPartError
from tests.supabase_server.npm import packages

HERE: Final = Path(__file__).parent / "axe_core"
# WCAG 2.2, levels A and AA; 2.2 has no rules of level A of its own.
TAGS: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")

Check = Callable[[Page], None]


class Known(NamedTuple):
    """A fault inside Streamlit's own markup, which nothing of ours can mend.

    Attributes:
        rule: the id of axe-core's rule.
        selector: which elements are excused from it.
        reason: what is wrong, and why it stays.
    """

    rule: str
    selector: str
    reason: str


KNOWN: Final[tuple[Known, ...]] = ()

# Nothing is on its way to another color, and nothing that was drawn before is faded any more.
STILL: Final = """() => document.getAnimations().every((one) => !(one instanceof CSSTransition))
    && [...document.querySelectorAll('[data-testid="stElementContainer"]')]
        .every((it) => getComputedStyle(it).opacity === "1")"""

_RUN: Final = """async ([tags, known]) => {
    const found = await axe.run(document, {
        runOnly: { type: "tag", values: tags }, resultTypes: ["violations"], elementRef: true,
    })
    const isKnown = (rule, node) =>
        known.some(([id, selector]) => id === rule && node.element?.matches(selector))
    return found.violations.flatMap(({ id, help, nodes }) => nodes
        .filter((node) => !isKnown(id, node))
        .map((node) => `${id}: ${help}: ${node.target.join(" ")}: ${node.any
            .concat(node.all, node.none).map((check) => check.message).join("; ")}`))
}"""


def source() -> str:
    """The text of axe-core; raises MissingPartError where npm can't install it."""
    try:
        return (packages(HERE) / "axe-core" / "axe.min.js").read_text("utf-8")
    except MissingPartError as error:
        raise MissingPartError(
            "axe-core",
            "The tests of accessibility need the npm package of tests/browser/axe_core, which "
            "could not be installed; run the tests once with a network.",
        ) from error


def violations(page: Page, axe: str, known: Sequence[Known] = KNOWN) -> list[str]:
    """What breaks WCAG 2.2 AA on the page as it stands, a line for each element.

    Args:
        page: it is waited for until it has drawn everything.
        axe: the text of axe-core.
        known: what is excused.
    """
    wait_until_idle(page)
    page.wait_for_function(STILL)
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(axe)
    excused = [[rule, selector] for rule, selector, _ in known]
    found: list[str] = page.evaluate(_RUN, [TAGS, excused])
    return found
