"""A Supabase server and a PostgreSQL of the tests' own, started when a test asks for them."""

from pathlib import Path

HERE = Path(__file__).parent
# Where the app's migrations and mail templates are.
SUPABASE = HERE.parents[1] / "supabase"


class MissingPartError(Exception):
    """A part that tests need and this machine lacks; the message says how to get it."""

    def __init__(self, part: str, message: str) -> None:
        super().__init__(message)
        self.part = part
