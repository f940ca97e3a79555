"""Who am I: name, password, sessions, everything that is kept, sign out."""

from ui import shell
from ui.account.page import account
from ui.frame import focus

with shell.page("Account", for_users=True):
    account()
    focus.follow()
