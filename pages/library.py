"""The saved configs: search, sort, open, duplicate, versions, delete."""

from ui import dialogs, library, shell, who

with shell.page("Library", for_users=True):
    if bench := who.workbench():
        library.library(bench)
        dialogs.ask_if_needed()
