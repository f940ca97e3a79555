"""Configs side by side: drafts, templates, saved configs, their versions and files, in any mix."""

from ui import compare, dialogs, shell

with shell.page("Compare"):
    compare.compare()
    dialogs.ask_if_needed()
