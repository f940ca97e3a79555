"""Every error that Tunesmith raises on purpose, with a sentence that a user can act on.

    TunesmithError
    ├── DocumentError     text that is not a document; knows line, column and reason
    ├── InputError        a file that can't be read or written
    ├── PathError         a path that leads nowhere in this document
    ├── UnknownPreset     no preset has that id
    ├── UnknownTarget     no trainer, environment or machine has that name
    ├── UnknownSizes      a model's config.json that does not tell how large the model is
    ├── SettingsError     a setting that the app can't start with
    ├── SweepError        fields and values that make no sweep
    ├── StoreError        what went wrong while keeping or fetching
    │   ├── NotFound      nothing of that id belongs to this user
    │   ├── NameTaken     the user has another config of that name
    │   ├── Conflict      somebody saved since it was read; carries the current state
    │   ├── Unacceptable  a name, text or size that no store takes
    │   ├── NeedsConsent  the text has commands that nobody said yes to; knows them
    │   ├── Unavailable   the store can't be reached or is busy; try again
    │   └── NotAllowed    this user may not do that
    └── SignInError       what went wrong with an account
        ├── WrongPassword no account has this name and password
        ├── TooManyTries  wait before the next try; knows how long
        ├── NotAccepted   a name, e-mail address, password or code that is not taken
        ├── NotConfirmed  the e-mail address has to be confirmed first; knows it
        └── SignUpClosed  this server takes no new accounts

Catch ``TunesmithError`` around a use case; its text is fit to be shown as it is.
"""

from collections.abc import Sequence
from typing import Any, Final

_SHOWN: Final = 60
"""The most characters of a name that comes from a config in a sentence."""


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


class UnknownTarget(TunesmithError):
    """No trainer, environment or machine has the name asked for."""


class UnknownSizes(TunesmithError):
    """A model's ``config.json`` that does not tell how large the model is; the text says why."""


class SettingsError(TunesmithError):
    """A setting that the app can't start with; the text names it and says what to set."""


class SweepError(TunesmithError):
    """Fields and values that make no sweep; the text says what to change."""


class StoreError(TunesmithError):
    """Base of what can go wrong while keeping or fetching."""


class NotFound(StoreError):
    """Nothing of that id belongs to this user; another user's looks just the same."""


class NameTaken(StoreError):
    """The user has another config of that name.

    Attributes:
        name: the name that is taken.
    """

    def __init__(self, name: str) -> None:
        super().__init__(f"You have a config named {name!r} already; choose another name.")
        self.name = name


class Conflict(StoreError):
    """Somebody saved the config since it was read; nothing was overwritten.

    Attributes:
        current: the ``core.stores.protocol.Config`` as it stands in the store now.
    """

    def __init__(self, current: Any) -> None:
        super().__init__(
            "This config was saved elsewhere since you opened it; nothing was overwritten. "
            "Look at both and choose."
        )
        self.current = current


class Unacceptable(StoreError):
    """A name, a text or a size that no store takes; the text says what to change."""


class NeedsConsent(StoreError):
    """The text would run commands on the training machine that its user has not said yes to.

    Attributes:
        commands: each ``core.reading.consent.Command``; empty where the store refused the text.
    """

    def __init__(self, commands: Sequence[Any] = ()) -> None:
        runs = "The config runs commands"
        if len(commands) == 1:
            runs = f"{_named(commands[0].tool)} runs a command"
        elif commands:
            runs = f"{len(commands)} tools run commands"
        super().__init__(
            f"{runs} on the training machine; read what would run and approve it before it is "
            "saved."
        )
        self.commands = tuple(commands)


def _named(tool: str) -> str:
    short = tool if len(tool) <= _SHOWN else f"{tool[: _SHOWN - 1]}…"
    return f"The tool {short!r}" if tool else "A tool without a name"


class Unavailable(StoreError):
    """The store can't be reached or is busy; trying again may help.

    Attributes:
        place: the file that it is about, if it is about one: for the log and the command line, as
            neither a page nor an answer tells strangers how this machine is laid out.
    """

    def __init__(self, text: str, place: str = "") -> None:
        super().__init__(text)
        self.place = place


class NotAllowed(StoreError):
    """This user may not do that."""


class SignInError(TunesmithError):
    """Base of what can go wrong with an account."""


class WrongPassword(SignInError):
    """No account has this name and password; which of the two is wrong is not told."""


class TooManyTries(SignInError):
    """There were too many failed tries, or mails.

    Attributes:
        seconds: how long to wait before the next one.
    """

    def __init__(self, seconds: int, what: str = "failed tries") -> None:
        minutes = max(1, -(-seconds // 60))
        unit = "minute" if minutes == 1 else "minutes"
        super().__init__(f"There were too many {what}; try again in {minutes} {unit}.")
        self.seconds = seconds


class NotAccepted(SignInError):
    """A name, an e-mail address or a password that is not taken; the text says why."""


class NotConfirmed(SignInError):
    """The address of the account has to be confirmed first, with a code that was sent there.

    Attributes:
        email: the address.
    """

    def __init__(self, email: str) -> None:
        super().__init__(f"Confirm your address first: type the code from the email to {email}.")
        self.email = email


class SignUpClosed(SignInError):
    """This server takes no new accounts."""
