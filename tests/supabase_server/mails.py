"""The mails that the server would have sent, read from what it printed."""

import re
from typing import NamedTuple

PRINTED = re.compile(
    r"^\[@supabase/lite\] email captured[^\n]*\n"
    r"To: (?P<to>[^\n]*)\nSubject: (?P<subject>[^\n]*)\n\n"
    r"(?P<text>.*?)(?=\n\[|\n ➜|\Z)",
    re.MULTILINE | re.DOTALL,
)
CODE = re.compile(r": (\d{4,10})$", re.MULTILINE)


class Mail(NamedTuple):
    """A mail as printed: the text is always lite's own; only the subject follows the settings."""

    to: str
    subject: str
    text: str

    @property
    def code(self) -> str | None:
        """The digits to type in; None in a mail without."""
        found = CODE.search(self.text)
        return found and found[1]


def mails(log: str) -> list[Mail]:
    """All mails of a log, the oldest first."""
    return [Mail(m["to"], m["subject"], m["text"].strip()) for m in PRINTED.finditer(log)]
