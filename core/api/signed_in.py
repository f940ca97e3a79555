"""Who sends a request: read off its token, once, before anything else is done."""

from typing import Annotated, Final

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from core.api.guard import address_of
from core.api.parts import Caller, Limits, Parts
from core.api.problems import Problem, unauthorized
from core.shares.protocol import Shares
from core.system import log
from core.system.rates import Rates, network
from core.workbench import Workbench

MISSING: Final = "Send a token: Authorization: Bearer <token>. The account page makes one."
_WRONG: Final = "This token proves nobody: it is mistyped, revoked or expired; make another one."

_bearer = HTTPBearer(
    auto_error=False,
    description="A personal access token (tsm_…) from the account page, or the access token of "
    "Supabase Auth where Tunesmith keeps configs in a Supabase project.",
)
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


def parts_of(request: Request) -> Parts:
    """What the app was given."""
    parts: Parts = request.app.state.parts
    return parts


def maybe_caller(request: Request, credentials: Credentials) -> Caller | None:
    """Who it is, or ``None`` without a token.

    Raises:
        Problem: the token proves nobody.
        TooManyTries: the token was used too often, or too many from there prove nobody.
    """
    if credentials is None:
        if "authorization" in request.headers:
            raise unauthorized(MISSING)
        return None
    limits: Limits = request.app.state.limits
    rates: Rates = request.app.state.rates
    token, address = credentials.credentials, address_of(request.scope)
    rates.require("wrong tokens", network(address), limits.wrong_tokens)
    caller = parts_of(request).bearers(token, address)
    if caller is None:
        rates.count("wrong tokens", network(address), limits.wrong_tokens)
        log.token_refused(address)
        raise unauthorized(_WRONG)
    rates.count("requests with one token", token, limits.per_token)
    return caller


MaybeCaller = Annotated[Caller | None, Depends(maybe_caller)]


def reader(caller: MaybeCaller) -> Caller:
    """Somebody who may read.

    Raises:
        Problem: there is no token, or it is not for that.
    """
    if caller is None:
        raise unauthorized(MISSING)
    return _with_scope(caller, "read")


Reader = Annotated[Caller, Depends(reader)]


def writer(caller: Reader) -> Caller:
    """Somebody who may write too."""
    return _with_scope(caller, "write")


Writer = Annotated[Caller, Depends(writer)]


def _with_scope(caller: Caller, scope: str) -> Caller:
    if scope not in caller.scopes:
        raise Problem(
            403, "forbidden", f"This token may not {scope}; make one that may, on the account page."
        )
    return caller


def _read_bench(request: Request, caller: Reader) -> Workbench:
    return parts_of(request).workbench(caller.actor)


def _write_bench(request: Request, caller: Writer) -> Workbench:
    return parts_of(request).workbench(caller.actor)


def _read_shares(request: Request, caller: Reader) -> Shares:
    return parts_of(request).shares(caller.actor)


def _write_shares(request: Request, caller: Writer) -> Shares:
    return parts_of(request).shares(caller.actor)


ReadShares = Annotated[Shares, Depends(_read_shares)]
WriteShares = Annotated[Shares, Depends(_write_shares)]
ReadBench = Annotated[Workbench, Depends(_read_bench)]
WriteBench = Annotated[Workbench, Depends(_write_bench)]
