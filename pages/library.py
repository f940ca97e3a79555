"""The saved configs: search, sort, open, duplicate, versions, delete."""

from ui import dialogs, shell, who
from ui.frame import focus
from ui.library.page import library

with shell.page("Library", for_users=True):
    if bench := who.workbench():
        library(bench)
        dialogs.ask_if_needed()
    focus.follow()
