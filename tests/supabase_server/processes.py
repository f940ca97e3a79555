"""Child processes that never outlive the tests."""

import os
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path


class CommandError(Exception):
    """A command that failed, as a message; `printed` is all that it wrote."""

    def __init__(self, message: str, printed: str = "") -> None:
        super().__init__(message)
        self.printed = printed


def run(
    command: Sequence[str],
    folder: Path,
    seconds: float,
    environment: Mapping[str, str] | None = None,
    user: str | None = None,
) -> str:
    """What a command prints; raises CommandError when it fails or takes too long.

    It runs in a process group of its own, so that what it started ends with it.
    """
    name = Path(command[0]).name
    try:
        child = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
            user=user,
            group=group_of(user),
            extra_groups=None if user is None else [],
        )
    except OSError as error:
        raise CommandError(f"{name} could not be started: {error}") from error
    with child:
        try:
            printed, _ = child.communicate(timeout=seconds)
        except subprocess.TimeoutExpired as error:
            raise CommandError(f"{name} was not done after {seconds:g} s") from error
        finally:
            end_group(child)
    if child.returncode:
        raise CommandError(f"{name} failed: {tail(printed)}", printed)
    return printed


def group_of(user: str | None) -> int | None:
    """The number of a user's own group; None for the user at work."""
    if user is None:
        return None
    # Not everywhere Python runs has it.
    import pwd

    return pwd.getpwnam(user).pw_gid


def end_group(child: "subprocess.Popen[str] | subprocess.Popen[bytes]") -> None:
    """Kill a child and all that it started; harmless when they are gone."""
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        # Gone; macOS says "not permitted" of a group whose last member waits to be collected.
        return


def tail(text: str, lines: int = 12) -> str:
    """The last lines of a log, for a message."""
    return "\n".join(text.strip().splitlines()[-lines:]) or "it printed nothing"


def free_port() -> int:
    """A port of 127.0.0.1 that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number
