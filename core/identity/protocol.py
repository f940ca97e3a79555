"""Accounts as every back end offers them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


class Access(Protocol):
    """What proves a user to a back end that takes nobody's word for it."""

    def token(self) -> str:
        """An access token that is good for a while yet.

        Raises:
            NotAllowed: the sign-in has ended.
            Unavailable: the token can't be renewed now.
        """

    def renewed(self, refused: str) -> str:
        """Another one in place of a token that was refused; raises as ``token`` does."""


@dataclass(frozen=True, slots=True)
class Actor:
    """The user on whose behalf something is done; every store is opened for one.

    Attributes:
        user_id: never changes, and is what rows belong to.
        name: what the user is called on the screen.
        access: proves the user to a back end elsewhere; the embedded one needs none.
    """

    user_id: str
    name: str
    access: Access | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a sign-in elsewhere brings; both are secret.

    Attributes:
        access: proves the user to the back end until it expires.
        refresh: gets the next pair, once.
        expires_at: when ``access`` expires.
    """

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Account:
    """What is known about a user.

    Attributes:
        user_id: see ``Actor``.
        name: what the user signs in with.
        full_name: what the user is called on the screen; may be empty.
        email: where the user can be reached; may be empty, and proves nothing.
        created_at: when the account was made.
        tokens: what this sign-in brought, where accounts are kept elsewhere; for the record of the
            session, and kept nowhere else.
    """

    user_id: str
    name: str
    full_name: str
    email: str
    created_at: datetime
    tokens: Tokens | None = field(default=None, repr=False, compare=False)

    @property
    def actor(self) -> Actor:
        """The account as the one who acts."""
        return Actor(self.user_id, self.full_name or self.name)


@dataclass(frozen=True, slots=True)
class NewAccount:
    """What a visitor fills in to sign up; the password never shows in a ``repr``."""

    name: str
    password: str = field(repr=False)
    full_name: str = ""
    email: str = ""


class Identity(Protocol):
    """Accounts and their passwords.

    ``address`` is the network address that a request came from; tries are counted for it and for
    the account, across all sessions and processes.
    """

    def takes_sign_ups(self) -> bool:
        """Whether a visitor can make an account now."""

    def sign_up(self, new: NewAccount, address: str) -> Account:
        """Make an account.

        Raises:
            SignUpClosed: this server takes no new accounts, and has one already.
            NotAccepted: the name is taken, or a field is not accepted.
            TooManyTries: too many accounts were made from this address.
        """

    def sign_in(self, name: str, password: str, address: str) -> Account:
        """The account with this name and password.

        Raises:
            WrongPassword: there is none; an unknown name and a wrong password look alike and take
                equally long.
            TooManyTries: too many tries failed, for this account or from this address.
        """

    def account(self, user_id: str) -> Account:
        """The account with that id.

        Raises:
            NotFound: there is none.
        """

    def rename(self, actor: Actor, full_name: str, email: str) -> Account:
        """Change what the user is called and where the user can be reached.

        An address that has to be confirmed first is not in the account that comes back.

        Raises:
            NotAccepted: a field is not accepted.
        """

    def change_password(self, actor: Actor, old: str, new: str, address: str) -> Account:
        """Change the password; end the user's sessions and access tokens in the same step.

        Returns:
            The account, to go on with in a new session.

        Raises:
            WrongPassword: the old one is wrong.
            NotAccepted: the new one is too weak.
            TooManyTries: too many tries failed.
        """

    def delete(self, actor: Actor, password: str, address: str) -> None:
        """Delete the account with everything that belongs to it, sessions and configs included.

        Raises:
            WrongPassword: the password is wrong.
            TooManyTries: too many tries failed.
        """

    def end(self, actor: Actor, *, everywhere: bool = False) -> None:
        """Make what this sign-in, or every one of the user, brought worthless where it came from.

        Only tries: the session's own record ends elsewhere, and with it all that this program has.
        """


class ByMail(Protocol):
    """Accounts whose address is proven by a code that a mail brings."""

    def confirm(self, email: str, code: str, address: str) -> Account:
        """Sign in for the first time, with the code from the mail.

        Raises:
            NotAccepted: the code is wrong or too old.
            TooManyTries: too many codes were wrong.
        """

    def send_again(self, email: str, address: str) -> None:
        """Send another mail with a code, if there is an account that waits for it.

        Raises:
            TooManyTries: too many mails were asked for.
        """

    def ask_reset(self, email: str, address: str) -> None:
        """Send a mail with a code to set a new password, if there is such an account.

        Raises:
            TooManyTries: too many mails were asked for.
        """

    def reset(self, email: str, code: str, new: str, address: str) -> Account:
        """Set a new password with the code from the mail, and end every session of the user.

        Raises:
            NotAccepted: the code is wrong or too old, or the password too weak.
            TooManyTries: too many codes were wrong.
        """
