"""What a link shows to whoever has it, without an account."""

from ui import dialogs, shell
from ui.sharing.page import shared

with shell.page("Shared"):
    shared()
    dialogs.ask_if_needed()
