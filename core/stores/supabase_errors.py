"""What a Supabase project answers -> the store's errors, in plain sentences.

An answer's own text is never shown: it can hold values, addresses and parts of tokens.
"""

from collections.abc import Callable
from typing import Any, Final

from postgrest.exceptions import APIError

from core.errors import NameTaken, NeedsConsent, NotAllowed, StoreError, Unacceptable, Unavailable
from core.identity.protocol import Access
from core.stores.supabase_rows import unreadable
from core.system.remote import Project, plain_network_errors


class ExpiredError(Exception):
    """The bearer was refused; another one may not be."""


_EXPIRED: Final = frozenset({"PGRST301", "PGRST302", "PGRST303", "401"})
# No such function, table, column or schema, as PostgREST and PostgreSQL call it.
_NO_SCHEMA: Final = frozenset(
    {"PGRST106", "PGRST200", "PGRST202", "PGRST203", "PGRST204", "PGRST205"}
    | {"42P01", "42703", "42883", "3F000"}
)
_NAME_TAKEN: Final = "unique_user_config_name"

# What a constraint of supabase/migrations says; limits.py has said it before, in nearly all cases.
_CONSTRAINTS: Final = {
    "training_configs_name_ck": "The name is too long or has characters that can't be seen",
    "training_configs_description_ck": "The description is too long",
    "training_configs_template_ck": "The template is not an id",
    "training_configs_json_object_ck": "The config is not one JSON object",
    "training_configs_json_size_ck": "The config is too long",
    "training_configs_json_digits_ck": "The config has a number of hundreds of digits",
    "training_configs_json_depth_ck": "The config is nested more than 20 deep",
    "training_configs_tags_ck": "The tags are too many or too long",
    "training_configs_message_ck": "The message is too long",
    "training_configs_target_ck": "The target does not exist",
    "training_configs_approvals_ck": "The tools run too many different commands",
    "config_shares_title_ck": "The title is too long or has characters that can't be seen",
    "config_shares_snapshot_ck": "What is to be shared is too long",
}


def asked(project: Project, access: Access, ask: Callable[[Any], Any], name: str = "") -> Any:
    """The answer to what is asked once, but for a token that was refused.

    Args:
        project: where to ask.
        access: proves the one who asks.
        ask: builds the request on a client of its own.
        name: the name that may turn out to be taken.
    """
    token = access.token()
    try:
        return answered(ask(project.client(token)), name)
    except ExpiredError:
        token = access.renewed(token)
    try:
        return answered(ask(project.client(token)), name)
    except ExpiredError:
        raise NotAllowed("Your sign-in has ended; sign in again.") from None


def answered(request: Any, name: str = "") -> Any:
    """Send a request; the data of its answer.

    Args:
        request: built by the ``supabase`` package.
        name: the name that may turn out to be taken.

    Raises:
        ExpiredError: the bearer was refused.
        StoreError: everything else that can go wrong.
    """
    try:
        with plain_network_errors():
            return request.execute().data
    except APIError as error:
        raise _explained(error, name) from None
    except (ValueError, TypeError, AttributeError, RecursionError):
        # The package trips over an answer that is no JSON, or too deep.
        raise unreadable() from None


def _explained(error: APIError, name: str) -> StoreError | ExpiredError:
    code, said = str(error.code or ""), str(error.message or "")
    if code in _EXPIRED:
        return ExpiredError()
    if _NAME_TAKEN in said:
        return NameTaken(name)
    if error.hint == "consent" or said.startswith("consent:"):
        return NeedsConsent()
    if error.hint == "quota" or said.startswith("quota:"):
        return Unacceptable(_quota(said))
    if found := next((text for key, text in _CONSTRAINTS.items() if key in said), None):
        return Unacceptable(f"{found}; change it and try again.")
    return _by_code(code, said)


def _quota(said: str) -> str:
    """What of a project's room is used up."""
    if said.startswith("quota:") and "links" in said:
        return "You have the most links there can be; revoke one first."
    return (
        "This project keeps no more configs for you; delete some, "
        "or ask whoever runs it for more room."
    )


def _by_code(code: str, said: str) -> StoreError:
    if code == "42501" or "row-level security" in said or "permission denied" in said:
        return NotAllowed("Your account may not do this here; sign in again, then try once more.")
    if "API key" in said:
        return Unavailable(
            "The Supabase project doesn't accept this app's key; whoever runs the app has to set "
            "the project's publishable key."
        )
    if code in _NO_SCHEMA:
        return Unavailable(
            "This Supabase project lacks Tunesmith's tables, or has older ones; whoever runs it "
            "sees with `python -m core supabase check` what to do."
        )
    if code[:2] in {"22", "23"} or "violates" in said:
        return Unacceptable("The project doesn't accept this; change it and try again.")
    return Unavailable("The Supabase project can't answer now; try again in a moment.")
