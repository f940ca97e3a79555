"""What scripts can ask of this server, with a command for each."""

from ui import shell
from ui.reference.api import api_page

with shell.page("API"):
    api_page()
