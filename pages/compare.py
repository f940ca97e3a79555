"""Configs side by side: drafts, templates, saved configs, their versions and files, in any mix."""

from ui import dialogs, shell
from ui.comparing.page import compare
from ui.frame import focus

with shell.page("Compare"):
    compare()
    dialogs.ask_if_needed()
    focus.follow()
