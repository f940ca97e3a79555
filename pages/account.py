"""Who am I: name, password, sessions, everything that is kept, sign out."""

from ui import account, shell

with shell.page("Account", for_users=True):
    account.account()
