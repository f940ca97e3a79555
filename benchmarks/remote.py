"""What the layer between a page and a Supabase project costs, against a bare HTTP request.

    .venv/bin/python -m benchmarks.remote      one minute; needs the tests' packages and a network

The project is @supabase/lite on this machine, as in the tests. Every candidate runs once in each
round; what counts is the median of the ratios within the rounds.
"""

import secrets
import statistics
import sys
import time
from collections.abc import Callable
from typing import Final

import httpx
from supabase import create_client

from core.identity.protocol import Actor
from core.stores.protocol import Query
from core.stores.supabase import SupabaseStore
from core.system.remote import Project
from tests.stores import content
from tests.supabase_server.lite import LiteServer, Settings
from tests.supabase_users import FixedAccess, new_user

ROUNDS: Final = 200
CONFIGS: Final = 60

Call = Callable[[], object]


def candidates(server: LiteServer) -> dict[str, Call]:
    """The yardstick first: the request that the first page of the library makes, and no more."""
    project = Project.open(server.url, server.publishable_key)
    user = new_user(project, "ada")
    store = SupabaseStore(project, Actor(user.actor.user_id, "ada", FixedAccess(user.token)))
    configs = [store.create(content(f"run {number}")) for number in range(CONFIGS)]
    bare = httpx.Client(
        base_url=f"{server.url}/rest/v1",
        headers={"apikey": server.publishable_key, "Authorization": f"Bearer {user.token}"},
    )

    def a_client_of_its_own() -> object:
        client = create_client(server.url, server.publishable_key)
        client.postgrest.auth(user.token)
        return client.rpc("list_configs", {"page_size": 51}).execute().data

    return {
        "bare request": lambda: bare.post("/rpc/list_configs", json={"page_size": 51}).json(),
        "first page of 50": lambda: store.list(Query()),
        "a client made for the call": a_client_of_its_own,
        "get one": lambda: store.get(configs[0].id),
        "new config": lambda: store.create(content(secrets.token_hex(8))),
        "count a use": lambda: store.mark_used(configs[0].id),
        "facets": store.facets,
    }


def seconds(call: Call) -> float:
    """How long one call takes."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def main() -> None:
    """Measure, and print a line for each candidate: its ratio, and its median."""
    server = LiteServer(Settings(enable_signup=True, enable_confirmations=False))
    try:
        calls = candidates(server)
        for call in calls.values():
            call()
        rounds = [{name: seconds(call) for name, call in calls.items()} for _ in range(ROUNDS)]
    finally:
        server.stop()
    for name in calls:
        ratios = [one[name] / one["bare request"] for one in rounds]
        took = statistics.median(one[name] for one in rounds) * 1000
        sys.stdout.write(f"{name:28} {statistics.median(ratios):6.2f}  {took:7.1f} ms\n")


if __name__ == "__main__":
    main()
