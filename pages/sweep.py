"""A sweep: many configs out of the open draft, looked at before they are made."""

from ui import dialogs, shell
from ui.sweeping.page import sweep

with shell.page("Sweep"):
    sweep()
    dialogs.ask_if_needed()
