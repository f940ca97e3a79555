"""How the Supabase tables keep their pace under row-level security, up to a million rows.

    .venv/bin/python -m benchmarks.policies      two minutes, 3 GB; needs PostgreSQL

It needs the tests' packages too.

The rows belong to 100 users in turn, so that those of one user lie far apart. Every query runs at
every size in each round, as the role that the API takes; what counts is the median of the ratios
within the rounds. Each call is another user's, in a transaction of its own.
"""

import itertools
import json
import statistics
import sys
import time
from typing import Any, Final

import psycopg

from tests.supabase_server import SUPABASE
from tests.supabase_server.postgres import SUPERUSER, PostgresCluster

SIZES: Final = (1_000, 100_000, 1_000_000)
USERS: Final = 100
ROUNDS: Final = 60

FILL: Final = """
    insert into auth.users (id, email)
    select ('00000000-0000-0000-0000-' || lpad(n::text, 12, '0'))::uuid, n::text
      from generate_series(1, 100) n;
    set session_replication_role = replica;
    insert into public.training_configs
      (user_id, name, template_type, config_text, config_json, search, created_at, updated_at)
    select ('00000000-0000-0000-0000-' || lpad((1 + n % 100)::text, 12, '0'))::uuid, 'run ' || n,
           'sft', t, t::jsonb, 'run ' || n || chr(10) || md5(n::text),
           '2026-01-01'::timestamptz + n * interval '1 second',
           '2026-01-01'::timestamptz + (n::bigint * 7919) % SIZE * interval '1 second'
      from generate_series(1, SIZE) n, lateral (
        select '{"training": {"method": "' || (array['sft', 'dpo', 'teacher_mode'])[1 + n / 100 % 3]
          || '"}, "pad": "' || repeat(md5(n::text), 25) || '"}' as t) made;
    set session_replication_role = origin;
"""
# With a thousand configs a user has ten, and half of them are one whole page.
QUERIES: Final = {
    "first page": "select * from list_configs(page_size => 5)",
    "first page by name": "select * from list_configs(page_size => 5, sort => 'name')",
    "page in the middle": "select * from list_configs(page_size => 5, "
    "place_id => gen_random_uuid(), "
    "place => ('2026-01-01'::timestamptz + SIZE / 2 * interval '1 second')::text)",
    "one method": "select * from list_configs(page_size => 5, methods => '{dpo}')",
    "a method that none has": "select * from list_configs(page_size => 5, methods => '{ppo}')",
    "search, many matches": "select * from list_configs(page_size => 5, search => '{run}')",
    "search, no match": "select * from list_configs(page_size => 5, search => '{zzz}')",
    "number of configs": "select count_configs()",
    "facets": "select config_facets()",
    "get one": "select config_text from training_configs where deleted_at is null and id = "
    "(select id from list_configs(page_size => 1))",
    "count a use": "select mark_config_used((select id from list_configs(page_size => 1)))",
}
_USERS: Final = itertools.cycle(range(1, USERS + 1))

Connection = psycopg.Connection[Any]


def filled(cluster: PostgresCluster, size: int) -> Connection:
    """A migrated database with so many configs."""
    url = cluster.url(cluster.create_database("hosted_new"), SUPERUSER)
    connection = psycopg.connect(url, autocommit=True)
    for file in sorted((SUPABASE / "migrations").glob("*.sql")):
        connection.execute(file.read_bytes())
    connection.execute(FILL.replace("SIZE", str(size)).encode())
    connection.execute("vacuum analyze")
    return connection


def seconds(connection: Connection, sql: str) -> float:
    """How long a request takes, without the way over the network."""
    claims = json.dumps({"sub": f"00000000-0000-0000-0000-{next(_USERS):012}"})
    start = time.perf_counter()
    with connection.transaction():
        connection.execute("set local role authenticated")
        connection.execute("select set_config('request.jwt.claims', %s, true)", (claims,))
        connection.execute(sql.encode()).fetchall()
    return time.perf_counter() - start


def main() -> None:
    """Measure, and print for each query how many times as long it takes as at the first size."""
    cluster = PostgresCluster()
    try:
        connections = {size: filled(cluster, size) for size in SIZES}
        for name, sql in QUERIES.items():
            rounds = [_round(connections, sql) for _ in range(ROUNDS + 1)][1:]
            ratios = [
                statistics.median(one[size] / one[SIZES[0]] for one in rounds) for size in SIZES
            ]
            sys.stdout.write(f"{name:24}" + "".join(f"{ratio:9.2f}" for ratio in ratios) + "\n")
    finally:
        cluster.stop()


def _round(connections: dict[int, Connection], sql: str) -> dict[int, float]:
    return {
        size: seconds(connection, sql.replace("SIZE", str(size)))
        for size, connection in connections.items()
    }


if __name__ == "__main__":
    main()
