"""What rules and trainers look at: typed reads of one document, and what follows from them."""

from functools import cached_property

from core.derive import Derived, derive
from core.document import Document
from core.view import View


class Facts:
    """One document with its derived numbers, which are worked out when first asked for."""

    def __init__(self, document: Document) -> None:
        self.view = View(document)

    @cached_property
    def derived(self) -> Derived:
        """The numbers that follow from the document."""
        return derive(self.view)
