"""Our rules where streamlit-authenticator asks for a ``Validator``.

Importing it brings in Streamlit, half a second; import it where it is used.
"""

from collections.abc import Callable, Sequence

from streamlit_authenticator.utilities import Validator

from core.errors import NotAccepted
from core.identity import rules


# The package comes without type hints.
class Rules(Validator):  # type: ignore[misc]
    """Says of each field whether an account may have it; ``own`` are the user's own names."""

    def __init__(self, own: Sequence[str] = ()) -> None:
        super().__init__()
        self.own = own

    def diagnose_password(self, password: str) -> str:
        """Why a password is refused, in a sentence; empty if it is good."""
        return rules.password_fault(password, self.own)

    def validate_password(self, password: str) -> bool:
        """Whether an account may have this password."""
        return not self.diagnose_password(password)

    def validate_username(self, username: str) -> bool:
        """Whether an account may have this user name."""
        return _passes(rules.accepted_name, username)

    def validate_name(self, name: str) -> bool:
        """Whether a user may be called this; nothing is fine."""
        return _passes(rules.accepted_full_name, name)

    def validate_email(self, email: str) -> bool:
        """Whether this is an e-mail address, or nothing."""
        return _passes(rules.accepted_email, email)


def _passes(accepted: Callable[[str], str], value: str) -> bool:
    try:
        accepted(value)
    except NotAccepted:
        return False
    return True
