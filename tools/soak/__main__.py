"""Start a soak, and print what it found; see the package."""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.soak.places import Local, Place
from tools.soak.soak import Soak, Wish
from tools.soak.verdict import is_flat, table


def main() -> int:
    """The exit code: 0 where nothing was lost or wrong, 1 otherwise."""
    args = arguments().parse_args()
    args.folder = Path(args.folder or tempfile.mkdtemp(prefix="tunesmith-soak-"))
    args.folder.mkdir(parents=True, exist_ok=True)
    print(f"Everything is in {args.folder}.", flush=True)
    with disk(args.folder / "disk", args.disk) as root, place(args, root / "data") as kept:
        outcome = Soak(wished(args), kept, args.folder, root / "data").run()
    found = table(outcome)
    (args.folder / "verdict.md").write_text(found, "utf-8")
    print(found)
    return 0 if outcome.is_good and is_flat(outcome.samples) else 1


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog="tools.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--users", type=int, default=20)
    parser.add_argument("--readers", type=int, default=3, help="users of the build page")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--rate", type=float, default=7.0, help="requests a second, of all users")
    parser.add_argument("--every", type=float, default=45.0, help="seconds between two faults")
    parser.add_argument("--hold", type=float, default=8.0, help="seconds that a fault lasts")
    parser.add_argument("--only", nargs="*", default=(), help="the names of the faults to make")
    parser.add_argument("--folder", help="where ledger, log and verdict go; made where it is not")
    parser.add_argument(
        "--disk", type=int, default=0, help="MiB of a disk of its own to be filled; needs root"
    )
    parser.add_argument(
        "--supabase",
        action="store_true",
        help="keep configs in the tests' Supabase server; needs what its tests need",
    )
    return parser


def wished(args: argparse.Namespace) -> Wish:
    """What the command line asks for."""
    return Wish(
        seconds=args.minutes * 60,
        users=args.users,
        readers=args.readers,
        seed=args.seed,
        rate=args.rate,
        every=args.every,
        hold=args.hold,
        only=tuple(args.only),
    )


@contextmanager
def place(args: argparse.Namespace, data: Path) -> Iterator[Place]:
    """Where the app keeps configs."""
    if not args.supabase:
        yield Local(data, small_disk=args.disk > 0)
        return
    # Only who asks for it has to have the tests' server.
    from tools.soak.remote import Remote

    remote = Remote.started(args.seed)
    try:
        yield remote
    finally:
        remote.close()


@contextmanager
def disk(place: Path, mebibytes: int) -> Iterator[Path]:
    """A folder; with a size, on a file system of its own that is that large."""
    place.mkdir(parents=True, exist_ok=True)
    if not mebibytes:
        yield place
        return
    command = ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "tmpfs", str(place)]
    subprocess.run(command, check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


if __name__ == "__main__":
    sys.exit(main())
