"""What rules and trainers look at: typed reads of one document, and what follows from them."""

from functools import cached_property

from core.derive import Derived, derive
from core.document import Document
from core.reading.target import Libraries, Machine, Setting
from core.reading.view import View


class Facts:
    """One document with its derived numbers, which are worked out when first asked for.

    ``setting`` is the trainer, the libraries and the machine that it is judged for.
    """

    def __init__(self, document: Document, setting: Setting) -> None:
        self.setting = setting
        self.view = View(document, setting.profile)

    @property
    def libraries(self) -> Libraries:
        """What the run would have."""
        return self.setting.libraries

    @property
    def machine(self) -> Machine:
        """Where the run would happen."""
        return self.setting.machine

    @cached_property
    def derived(self) -> Derived:
        """The numbers that follow from the document."""
        return derive(self.view)
