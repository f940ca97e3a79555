"""Every setting on one page: what it does, what the trainer uses without it, where that is read."""

from ui import shell
from ui.reference.settings import reference

with shell.page("Reference"):
    reference()
