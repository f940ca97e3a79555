"""The REST API of a running server, as a command asks it: the ``Keeper`` over HTTP.

A token goes to the server it was made for and nowhere else: redirects are not followed, a name of
this machine is never reached through a proxy, and what is not HTTPS has to be on this machine.
"""

import json
import re
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NoReturn
from urllib.parse import quote, urlsplit

import httpx

from core.commands.credentials import API, is_this_machine
from core.errors import (
    Conflict,
    NameTaken,
    NeedsConsent,
    NotAllowed,
    NotFound,
    TunesmithError,
    Unacceptable,
    Unavailable,
    UnknownTarget,
)
from core.reading.consent import Command
from core.stores import limits
from core.stores.protocol import Checked, Config, Content, Page, Query, Summary, Version
from core.workbench import Writing

CONNECT_SECONDS: Final = 5.0
ANSWER_SECONDS: Final = 60.0
MAX_ANSWER: Final = 32 * 1024 * 1024
"""The most bytes that an answer may have; a config of 256 KiB takes about a megabyte."""
PATIENCE_SECONDS: Final = 60
"""The longest that a command waits by itself where the server says that it asks too often."""
_TRIES: Final = 5

_NOT_TRUSTED: Final = "its certificate is not trusted (SSL_CERT_FILE names one of your own)."
_SHOWN: Final = 500
_NONE: Final[Mapping[str, str]] = {}
_SECONDS: Final = re.compile(r"\d{1,9}", re.ASCII)


# --- The client ----------------------------------------------------------------------------------


def open_http(server: str, transport: httpx.BaseTransport | None = None) -> httpx.Client:
    """The connections to a server; ``transport`` takes the place of the network."""
    host = urlsplit(server).netloc
    # Whatever proxy is set: it would be sent the token, and could not reach this machine as we do.
    direct = {f"all://{host}": None} if is_this_machine(server) else None
    return httpx.Client(
        transport=transport,
        mounts=direct,
        timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
        follow_redirects=False,
        headers={"User-Agent": "tunesmith-cli"},
    )


@dataclass(frozen=True, slots=True)
class Who:
    """Whom a token is of.

    Attributes:
        name: what the user is called.
        scopes: what the token is good for, such as ``read`` and ``write``.
        expires_at: when it ends, or ``None`` where it has no end.
    """

    name: str
    scopes: tuple[str, ...]
    expires_at: datetime | None


_ERRORS: Final[Mapping[str, Callable[[str], TunesmithError]]] = {
    "forbidden": NotAllowed,
    "not_found": NotFound,
    "unknown_target": UnknownTarget,
    **dict.fromkeys(("unavailable", "timeout", "too_many_requests", "internal"), Unavailable),
}
"""What the codes of problems mean that say no more than their sentence; any other is a refusal."""


@dataclass(frozen=True, slots=True)
class Client:
    """A server, asked with one token; ``Keeper`` for its user.

    Attributes:
        server: its address, as ``core.commands.credentials.server_url`` gives it.
        token: see ``core.commands.credentials.check_token``; empty asks as nobody.
        http: the connections.
        wait: sleeps for so many seconds.
        source: the variable that the token comes from; empty where a login keeps it.
    """

    server: str
    token: str = field(repr=False)
    http: httpx.Client = field(repr=False, compare=False)
    wait: Callable[[float], None] = field(default=time.sleep, repr=False, compare=False)
    source: str = ""

    def who(self) -> Who:
        """Whom the token is of."""
        found = self._json("GET", "/account")
        with self._read_as_ours():
            scopes = tuple(map(_text, found.get("scopes", ())))
            return Who(_text(found["account"]["name"]), scopes, _moment(found.get("expires_at")))

    def require_api(self) -> None:
        """Make sure that a Tunesmith with this API answers, without showing it a token.

        Raises:
            Unavailable: nothing answers, or something else.
        """
        try:
            Client(self.server, "", self.http, self.wait)._json("GET", "/account")
        except NotAllowed:
            return
        # A Tunesmith tells nobody who they are without a token.
        raise self._stranger()

    def page(self, query: Query) -> Page:
        """See ``Keeper``."""
        found = self._json("GET", "", params=_parameters(query))
        with self._read_as_ours():
            rows = tuple(map(_summary, found["configs"]))
            return Page(rows, found["next_cursor"], found["previous_cursor"])

    def get(self, config_id: str) -> Config:
        """See ``Keeper``."""
        return self._config("GET", _at(config_id))

    def version(self, config_id: str, number: int) -> Version:
        """See ``Keeper``."""
        found = self._json("GET", f"{_at(config_id)}/versions/{number}")
        with self._read_as_ours():
            return _version(config_id, found["version"])

    def download(self, config_id: str, number: int | None = None) -> bytes:
        """See ``Keeper``."""
        params = {} if number is None else {"version": str(number)}
        answer, data = self._ask("GET", f"{_at(config_id)}/download", params=params)
        if _media_type(answer) != "application/json":
            raise self._stranger()
        return data

    def create(self, writing: Writing, message: str = "", tags: Collection[str] = ()) -> Config:
        """See ``Keeper``."""
        limits.check_tags(tags)
        return self._written("POST", "", {**_body(writing, message), "tags": [*tags]})

    def write(
        self, config_id: str, writing: Writing, *, expected_revision: int, message: str = ""
    ) -> Config:
        """See ``Keeper``."""
        match = {"If-Match": f'"{expected_revision}"'}
        return self._written("PUT", _at(config_id), _body(writing, message), match)

    def _written(
        self, method: str, path: str, body: Mapping[str, Any], headers: Mapping[str, str] = _NONE
    ) -> Config:
        try:
            return self._config(method, path, json=body, headers=headers)
        except NameTaken:
            raise NameTaken(str(body.get("name", ""))) from None

    def _config(self, method: str, path: str, **options: Any) -> Config:
        found = self._json(method, path, **options)
        with self._read_as_ours():
            return _config(found["config"])

    def _json(self, method: str, path: str, **options: Any) -> Mapping[str, Any]:
        answer, data = self._ask(method, path, **options)
        found = _parsed(answer, data)
        if found is None:
            raise self._stranger()
        return found

    def _ask(self, method: str, path: str, **options: Any) -> tuple[httpx.Response, bytes]:
        """The answer to a request that the server took, and its body."""
        for tries_left in reversed(range(_TRIES)):
            answer, data = self._send(method, path, **options)
            seconds = _pause(answer)
            if seconds is None or not tries_left:
                break
            self.wait(seconds)
        if not answer.is_success:
            self._refuse(answer, data)
        return answer, data

    def _send(
        self, method: str, path: str, *, headers: Mapping[str, str] = _NONE, **options: Any
    ) -> tuple[httpx.Response, bytes]:
        bearer = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        sent = {"Accept": "application/json", **bearer, **headers}
        with (
            self._plain_network_errors(method),
            self.http.stream(
                method, self.server + API + path, headers=sent, follow_redirects=False, **options
            ) as answer,
        ):
            return answer, self._body(answer)

    def _body(self, answer: httpx.Response) -> bytes:
        found = bytearray()
        for part in answer.iter_bytes():
            found += part
            if len(found) > MAX_ANSWER:
                raise self._stranger()
        return bytes(found)

    # --- What the server says no with ------------------------------------------------------------

    def _refuse(self, answer: httpx.Response, data: bytes) -> NoReturn:
        if answer.is_redirect:
            raise Unavailable(
                f"{self.server} leads on to {answer.headers.get('location', '')[:200]}, where a "
                "token is not sent by itself; name that address if it is the right one."
            )
        problem = _parsed(answer, data)
        code = problem.get("code") if problem else None
        if problem is None or not isinstance(code, str):
            if answer.status_code in {502, 503, 504}:
                raise Unavailable(f"{self.server} can't answer now; try again in a moment.")
            raise self._stranger()
        with self._read_as_ours():
            raise self._error(code, problem)

    def _error(self, code: str, problem: Mapping[str, Any]) -> TunesmithError:
        """What a problem document means; the codes are those of ``core/api/problems.py``."""
        detail = _text(problem.get("detail") or problem.get("title") or code)[:_SHOWN]
        match code:
            case "unauthorized":
                return NotAllowed(f"{self.server}: {detail} Then: {self._remedy()}")
            case "name_taken":
                return NameTaken("")
            case "conflict":
                return Conflict(_config(problem["config"]))
            case "needs_consent":
                return NeedsConsent([_command(one) for one in problem["commands"]])
        return _ERRORS.get(code, Unacceptable)(detail)

    def _remedy(self) -> str:
        """What to do about a token that the server does not take."""
        if self.source:
            return f"put it into {self.source}, or take that away and log in"
        return f"python -m core login {self.server}"

    def _stranger(self) -> Unavailable:
        return Unavailable(
            f"What answers at {self.server} is not a Tunesmith with a REST API; check the address, "
            "its port and path too."
        )

    @contextmanager
    def _read_as_ours(self) -> Iterator[None]:
        """Say that it is another program where an answer has not what it should have."""
        try:
            yield
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
            raise self._stranger() from None

    @contextmanager
    def _plain_network_errors(self, method: str) -> Iterator[None]:
        """Say in a sentence what the network raised, which may hold what was sent."""
        try:
            yield
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            why = _NOT_TRUSTED if "CERTIFICATE" in str(error) else "is it running?"
            raise Unavailable(f"{self.server} can't be reached; {why}") from None
        except (httpx.DecodingError, httpx.ProtocolError):
            raise self._stranger() from None
        except httpx.HTTPError:
            done = "" if method == "GET" else " A change may have been made all the same: look."
            raise Unavailable(f"{self.server} did not answer in time; try again.{done}") from None


def _at(config_id: str) -> str:
    return f"/{quote(config_id, safe='')}"


def _parameters(query: Query) -> list[tuple[str, str]]:
    """A query as the API takes it, without what is not asked for."""
    given: list[tuple[str, str]] = [
        ("limit", str(query.limit)),
        ("sort", query.sort),
        ("order", "desc" if query.descending else "asc"),
    ]
    given += [("cursor", query.cursor)] if query.cursor else []
    given += [("search", query.search)] if query.search else []
    given += [("method", method) for method in query.methods]
    given += [("template_type", template) for template in query.templates]
    given += [] if query.valid is None else [("valid", "true" if query.valid else "false")]
    return given + [("tag", tag) for tag in query.tags]


def _body(writing: Writing, message: str) -> dict[str, Any]:
    """The body of a save, once it is clear that the server can take it.

    Raises:
        Unacceptable: it can't, said as every store says it.
    """
    _check(writing)
    limits.check_message(message)
    fields = {
        "name": writing.name,
        "description": writing.description,
        "template_type": writing.template_type,
        "config_text": writing.text,
        "target": writing.target,
        "message": message or None,
        "approved": [*writing.approved] or None,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _check(writing: Writing) -> None:
    for value, check in (
        (writing.name, limits.check_name),
        (writing.description, limits.check_description),
        (writing.template_type, limits.check_template_type),
        (writing.target, limits.check_target),
        (writing.text, limits.check_text),
    ):
        if value is not None:
            check(value)


# --- Answers -------------------------------------------------------------------------------------


def _media_type(answer: httpx.Response) -> str:
    return str(answer.headers.get("content-type", "")).partition(";")[0].strip().lower()


def _parsed(answer: httpx.Response, data: bytes) -> Mapping[str, Any] | None:
    """The JSON object of an answer that says it is one."""
    if _media_type(answer) not in {"application/json", "application/problem+json"}:
        return None
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _pause(answer: httpx.Response) -> float | None:
    """How long to wait before asking again, where the server says so and it is not for long."""
    after = answer.headers.get("retry-after", "")
    if answer.status_code != 429 or not _SECONDS.fullmatch(after):
        return None
    return float(after) if int(after) <= PATIENCE_SECONDS else None


def _command(found: Mapping[str, Any]) -> Command:
    return Command((), _text(found["tool"]), _text(found["command"]), _text(found["sha256"]))


def _config(found: Mapping[str, Any]) -> Config:
    return Config(
        **_common(found),
        user_id=_text(found["user_id"]),
        text=_text(found["config_text"]),
        checked=_checked(found),
        target=_text(found["target"]),
    )


def _summary(found: Mapping[str, Any]) -> Summary:
    return Summary(
        **_common(found),
        method=_or_none(_text, found["method"]),
        model=_or_none(_text, found["model"]),
        is_valid=_flag(found["is_validated"]),
        runs=_flag(found["runs"]),
    )


def _common(found: Mapping[str, Any]) -> dict[str, Any]:
    """What whole configs and rows of a list share."""
    return {
        "id": _text(found["id"]),
        "name": _text(found["name"]),
        "description": _text(found["description"]),
        "template_type": _text(found["template_type"]),
        "revision": int(found["revision"]),
        "tags": tuple(map(_text, found["tags"])),
        "times_used": int(found["times_used"]),
        "last_used_at": _moment(found["last_used_at"]),
        "created_at": _sure_moment(found["created_at"]),
        "updated_at": _sure_moment(found["updated_at"]),
    }


def _version(config_id: str, found: Mapping[str, Any]) -> Version:
    return Version(
        config_id=config_id,
        number=int(found["number"]),
        content=Content(
            name=_text(found["name"]),
            description=_text(found["description"]),
            template_type=_text(found["template_type"]),
            text=_text(found["config_text"]),
            checked=_checked(found),
            target=_text(found["target"]),
        ),
        operation=found["operation"],
        message=_text(found["message"]),
        restored_from=found["restored_from"],
        author="",
        created_at=_sure_moment(found["created_at"]),
    )


def _checked(found: Mapping[str, Any]) -> Checked:
    # A version is told without its errors.
    errors = _or_none(_rows, found.get("validation_errors"))
    return Checked(_flag(found["is_validated"]), errors, _flag(found["runs"]))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _rows(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _moment(value: Any) -> datetime | None:
    return None if value is None else _sure_moment(value)


def _sure_moment(value: Any) -> datetime:
    found = datetime.fromisoformat(value)
    # One without a zone, or at the end of all time, can't be told in the time of this machine.
    if found.tzinfo is None or not datetime.min.year < found.year < datetime.max.year:
        raise ValueError
    return found


def _or_none(read: Callable[[Any], Any], value: Any) -> Any:
    return None if value is None else read(value)
