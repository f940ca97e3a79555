"""What a link shows to whoever has it, without an account."""

from ui import dialogs, shared, shell

with shell.page("Shared"):
    shared.shared()
    dialogs.ask_if_needed()
