"""Every setting on one page: what it does, what the trainer uses without it, where that is read."""

from ui import reference, shell

with shell.page("Reference"):
    reference.reference()
