"""Every error that Tunesmith raises on purpose, with a sentence that a user can act on.

    TunesmithError
    ├── DocumentError     text that is not a document; knows line, column and reason
    ├── InputError        a file that can't be read or written
    ├── PathError         a path that leads nowhere in this document
    ├── UnknownPreset     no preset has that id
    └── UnknownTrainer    no trainer has that name

Catch ``TunesmithError`` around a use case; its text is fit to be shown as it is.
"""


class TunesmithError(Exception):
    """Base of all errors that are shown to a user as one sentence."""


class DocumentError(TunesmithError):
    """The text is not one strict JSON object.

    Attributes:
        line: 1-based line of the first fault.
        column: 1-based column, counted in characters.
        reason: what is wrong and what to write instead, without the position.
    """

    def __init__(self, reason: str, line: int = 1, column: int = 1) -> None:
        super().__init__(f"Line {line}, column {column}: {reason}")
        self.line = line
        self.column = column
        self.reason = reason


class InputError(TunesmithError):
    """A file that can't be read or written; the text starts with its name."""


class PathError(TunesmithError):
    """A path names a place that the document does not have."""


class UnknownPreset(TunesmithError):
    """No preset has the id asked for."""


class UnknownTrainer(TunesmithError):
    """No trainer has the name asked for."""
