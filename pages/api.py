"""What scripts can ask of this server, with a command for each."""

from ui import api_page, shell

with shell.page("API"):
    api_page.api_page()
