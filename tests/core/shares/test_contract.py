"""What every back end promises about links."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from core.errors import NeedsConsent, NotFound, Unacceptable
from core.shares.protocol import (
    MAX_DAYS,
    PER_CONFIG,
    Made,
    Share,
    Shares,
    new_token,
    token_hash,
    token_of,
)
from core.shares.snapshot import MAX_COLUMNS, Snapshot
from core.stores.protocol import Config
from tests.commands import approval, running
from tests.shares import FAKE_TOKEN, Links, column, comparison, of_config, with_secret
from tests.stores import TEXT, Clock, content


def of(config: Config) -> Snapshot:
    return of_config(config.text, title=config.name)


def make(shares: Shares, config: Config, days: int = 7) -> Made:
    return shares.make(of(config), config.name, config_id=config.id, days=days)


# --- Reading -------------------------------------------------------------------------------------


def test_who_has_the_link_sees_what_was_shared(links: Links, config: Config) -> None:
    snapshot = of_config(
        TEXT + "\n", description="déjà\nvu", template_type="sft_toolbench", target="a/b/c"
    )
    made = links.anna.make(snapshot, "A run 日本", config_id=config.id, days=30)
    found = links.reader.read(made.token)
    assert found
    assert (found.title, found.snapshot) == ("A run 日本", snapshot)
    assert found.expires_at - found.created_at == timedelta(days=30)
    assert (found.created_at, found.expires_at) == (made.share.created_at, made.share.expires_at)


def test_a_comparison_keeps_how_it_was_shown(links: Links) -> None:
    snapshot = comparison(base=1, show="effect", search="lr", ignore=("tools", "data.*"))
    made = links.anna.make(snapshot, "two")
    found = links.reader.read(made.token)
    assert found
    assert found.snapshot == snapshot
    assert made.share.config_id is None


def test_what_is_saved_later_is_not_in_it(links: Links, config: Config) -> None:
    made = make(links.anna, config)
    later = content("other", text='{"model": {"name": "later"}}')
    links.stores.anna.save(config.id, later, expected_revision=1)
    found = links.reader.read(made.token)
    assert found
    assert found.snapshot.columns[0].text == config.text


def test_each_opening_is_counted(links: Links, config: Config) -> None:
    first, second = make(links.anna, config), make(links.anna, config)
    for _ in range(3):
        assert links.reader.read(first.token)
    views = {share.handle: share.views for share in links.anna.list()}
    assert views == {first.share.handle: 3, second.share.handle: 0}


def test_what_is_no_link_reads_nothing(links: Links, config: Config) -> None:
    token = make(links.anna, config).token
    wrong = [new_token(), token_hash(token), token[:-1], f"{token}x", f" {token}", token.swapcase()]
    wrong += ["", "x" * 43, "%" * 43, "é" * 43, "\x00" * 43, "\ud800" * 43, "x" * 1_000_000]
    for one in [*wrong, f"{token}\n", "' or true --".ljust(43, "_")]:
        assert links.reader.read(one) is None
    assert links.anna.list()[0].views == 0


@pytest.mark.parametrize("around", ["{}", " {}\n", "https://example.org/shared#{}", "#{}"])
def test_a_pasted_link_has_its_token_behind_the_number_sign(around: str) -> None:
    token = new_token()
    assert token_of(around.format(token)) == token


def test_a_token_is_256_bits_and_shows_nowhere(shares: Shares, config: Config) -> None:
    made = make(shares, config)
    assert len(made.token) == 43
    assert made.token not in repr(made)
    assert made.token != make(shares, config).token


# --- The owner's list ----------------------------------------------------------------------------


def test_the_list_has_what_works_the_newest_first(links: Links, config: Config) -> None:
    first = make(links.anna, config)
    second = links.anna.make(comparison(), "two", days=1)
    assert links.anna.list() == (second.share, first.share)
    assert isinstance(first.share, Share)
    assert (first.share.kind, first.share.config_id) == ("config", config.id)
    assert links.bert.list() == ()


def test_a_revoked_link_is_gone_at_once(links: Links, config: Config) -> None:
    made, other = make(links.anna, config), make(links.anna, config)
    links.anna.revoke(made.share.handle)
    assert links.reader.read(made.token) is None
    assert links.anna.list() == (other.share,)
    with pytest.raises(NotFound):
        links.anna.revoke(made.share.handle)


def test_another_users_handle_is_as_one_that_is_not_there(links: Links, config: Config) -> None:
    made = make(links.anna, config)
    for handle in (made.share.handle, made.share.handle.upper(), "", "x", "\x00", "\ud800"):
        with pytest.raises(NotFound, match="no such link of yours"):
            links.bert.revoke(handle)
    assert links.reader.read(made.token)


def test_nobody_links_to_a_config_of_somebody_else(links: Links, config: Config) -> None:
    for config_id in (config.id, "x", "11111111-1111-4111-8111-111111111111", "\x00"):
        with pytest.raises(NotFound):
            links.bert.make(of(config), "run", config_id=config_id)
    assert links.bert.list() == ()


def test_a_link_ends_with_its_config(links: Links, config: Config) -> None:
    made, other = make(links.anna, config), links.anna.make(comparison(), "two")
    links.stores.anna.delete(config.id)
    assert links.reader.read(made.token) is None
    assert links.anna.list() == (other.share,)
    links.stores.anna.undelete(config.id)
    assert links.reader.read(made.token) is None
    assert links.reader.read(other.token)
    with pytest.raises(NotFound):
        links.bert.make(of(config), "run", config_id=config.id)


def test_a_link_ends_when_its_time_is_over(links: Links, config: Config, clock: Clock) -> None:
    short, long = make(links.anna, config, 1), make(links.anna, config, MAX_DAYS)
    clock.advance(hours=23, minutes=59)
    assert links.reader.read(short.token)
    clock.advance(minutes=2)
    assert links.reader.read(short.token) is None
    assert [share.handle for share in links.anna.list()] == [long.share.handle]
    with pytest.raises(NotFound):
        links.anna.revoke(short.share.handle)
    clock.advance(days=MAX_DAYS)
    assert links.reader.read(long.token) is None


def test_links_that_have_ended_make_room(links: Links, config: Config, clock: Clock) -> None:
    for _ in range(PER_CONFIG):
        make(links.anna, config, 1)
    with pytest.raises(Unacceptable, match="the most links there can be"):
        make(links.anna, config)
    clock.advance(days=2)
    make(links.anna, config)


# --- What may be shared --------------------------------------------------------------------------


def test_a_config_has_no_more_links_than_the_limit(links: Links, config: Config) -> None:
    made = [make(links.anna, config) for _ in range(PER_CONFIG)]
    with pytest.raises(Unacceptable, match="revoke one first"):
        make(links.anna, config)
    links.anna.make(comparison(), "two")
    links.anna.revoke(made[0].share.handle)
    make(links.anna, config)
    assert len(links.anna.list()) == PER_CONFIG + 1


@pytest.mark.parametrize("days", [0, -1, MAX_DAYS + 1, 10**9])
def test_a_link_works_for_1_to_90_days(shares: Shares, config: Config, days: int) -> None:
    with pytest.raises(Unacceptable, match="1 to 90 days"):
        make(shares, config, days)


@pytest.mark.parametrize("days", [1, 7, 30, MAX_DAYS])
def test_each_length_that_is_offered_is_taken(shares: Shares, config: Config, days: int) -> None:
    lasts = make(shares, config, days).share.expires_at - datetime.now(UTC)
    assert shares.list()[0].expires_at - shares.list()[0].created_at == timedelta(days=days)
    assert lasts < timedelta(days=days, minutes=5)


@pytest.mark.parametrize("title", ["", " x", "x" * 121, "a\nb", "a\u202eb", FAKE_TOKEN])
def test_a_title_is_one_plain_line(shares: Shares, config: Config, title: str) -> None:
    with pytest.raises(Unacceptable):
        shares.make(of(config), title, config_id=config.id)


SECRETS = {
    with_secret(): "'model.api_key'",
    with_secret(note=f"use {FAKE_TOKEN}"): "'model.note'",
    '{"tools": [{"name": "t", "headers": {"Authorization": "Bearer abc"}}]}': "headers",
    with_secret(api_key=FAKE_TOKEN, token=FAKE_TOKEN): "look like secrets",
}


@pytest.mark.parametrize("text", SECRETS)
def test_a_secret_stops_the_link(shares: Shares, config: Config, text: str) -> None:
    for snapshot in (of_config(text), comparison(column(), column(text, "second"))):
        config_id = config.id if snapshot.kind == "config" else None
        with pytest.raises(Unacceptable, match="No link is made") as refused:
            shares.make(snapshot, "run", config_id=config_id)
        said = str(refused.value)
        assert SECRETS[text] in said
        assert FAKE_TOKEN not in said
        assert ("'second'" in said) == (snapshot.kind == "comparison")
    assert shares.list() == ()


@pytest.mark.parametrize("place", ["title", "description"])
def test_a_secret_beside_the_config_stops_it_too(
    shares: Shares, config: Config, place: str
) -> None:
    snapshot = of_config(**{place: f"with {FAKE_TOKEN}"})
    with pytest.raises(Unacceptable, match="No link is made") as refused:
        shares.make(snapshot, "run", config_id=config.id)
    assert FAKE_TOKEN not in str(refused.value)


def test_commands_that_nobody_said_yes_to_are_not_handed_on(links: Links) -> None:
    snapshot = comparison(column(), column(running("ls", "pwd"), approved=(approval("ls"),)))
    with pytest.raises(NeedsConsent) as refused:
        links.anna.make(snapshot, "two")
    assert [command.text for command in refused.value.commands] == ["pwd"]
    second = replace(snapshot.columns[1], approved=(approval("ls"), approval("pwd")))
    made = links.anna.make(comparison(column(), second), "two")
    found = links.reader.read(made.token)
    assert found
    # Whose yes it was is nobody's business.
    assert found.snapshot.approved == ()
    assert found.snapshot.columns[1].text == second.text


def test_a_link_shows_so_much_at_most(shares: Shares) -> None:
    many = [column(title=f"run {number}") for number in range(MAX_COLUMNS + 1)]
    with pytest.raises(Unacceptable, match="a link shows 1 to 50"):
        shares.make(comparison(*many), "many")
    with pytest.raises(Unacceptable, match="a link shows 1 to 50"):
        shares.make(Snapshot("comparison", ()), "none")
    shares.make(comparison(*many[1:]), "most")
    long = [column(f'{{"a": "{"x" * 200_000}"}}', str(number)) for number in range(6)]
    with pytest.raises(Unacceptable, match="1 MiB"):
        shares.make(comparison(*long), "long")
    shares.make(comparison(*long[1:]), "long")
    with pytest.raises(Unacceptable, match="can't be kept"):
        shares.make(comparison(column("[1]")), "none")
