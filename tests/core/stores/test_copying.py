"""Copying a library between two stores; ``commands/test_supabase.py`` does it with a project."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import NotAllowed, Unavailable
from core.stores.copying import Copied, Place, copied
from core.stores.protocol import Config, Content, Version
from core.stores.sqlite import SqliteStore
from core.system.database import Database
from tests.commands import approval, running
from tests.stores import ANNA, BERT, FINE, Clock, content, create, sqlite_database


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def database(tmp_path: Path, clock: Clock) -> Iterator[Database]:
    with closing(sqlite_database(tmp_path / "stores.sqlite3", clock)) as opened:
        yield opened


@pytest.fixture
def here(database: Database) -> Place:
    return Place(SqliteStore(database, ANNA), ANNA.user_id)


@pytest.fixture
def there(database: Database) -> Place:
    return Place(SqliteStore(database, BERT), BERT.user_id)


def outcomes(source: Place, target: Place) -> list[str]:
    return [one.outcome for one in copied(source, target)]


def only(source: Place, target: Place) -> Copied:
    (one,) = copied(source, target)
    return one


def the(place: Place) -> Config:
    """The only config of a place."""
    ((config, _),) = place.store.everything()
    return config


def save(place: Place, text: str, message: str = "") -> Config:
    config = the(place)
    new = content(config.name, text=text)
    return place.store.save(config.id, new, expected_revision=config.revision, message=message)


def test_both_ways_as_often_as_you_like(here: Place, there: Place) -> None:
    create(here.store, "a", "b")
    assert outcomes(here, there) == ["copied", "copied"]
    for source, target in ((here, there), (there, here), (here, there)):
        assert outcomes(source, target) == ["there already", "there already"]


@pytest.mark.parametrize("first_there", [False, True])
def test_newer_versions_follow_with_their_messages(
    here: Place, there: Place, first_there: bool
) -> None:
    source, target = (there, here) if first_there else (here, there)
    create(source.store, "run")
    assert outcomes(source, target) == ["copied"]
    for number in range(3):
        save(here, f'{{"seed": {number}}}', f"seed {number}")
    assert outcomes(here, there) == ["brought up to date"]
    kept = there.store.versions(the(there).id)
    assert [one.message for one in kept] == ["seed 2", "seed 1", "seed 0", ""]
    assert [one.number for one in kept] == [4, 3, 2, 1]
    assert outcomes(there, here) == outcomes(here, there) == ["there already"]


def test_what_is_newer_there_is_left_alone(here: Place, there: Place) -> None:
    create(here.store, "run")
    list(copied(here, there))
    save(there, '{"seed": 1}')
    one = only(here, there)
    assert (one.outcome, "copy the other way" in one.why) == ("left alone", True)
    assert outcomes(there, here) == ["brought up to date"]
    assert the(here).text == '{"seed": 1}'


@pytest.mark.parametrize("more", [0, 1])
def test_what_was_changed_on_both_sides_is_left_alone(here: Place, there: Place, more: int) -> None:
    create(here.store, "run")
    list(copied(here, there))
    save(here, '{"seed": 1}')
    for number in range(more + 1):
        save(there, f'{{"epochs": {number}}}')
    for source, target in ((here, there), (there, here)):
        one = only(source, target)
        assert (one.outcome, "open both and compare" in one.why) == ("left alone", True)
    assert the(here).text == '{"seed": 1}'


def test_what_lags_further_behind_than_versions_are_kept_is_left_alone(
    here: Place, there: Place
) -> None:
    create(here.store, "run")
    list(copied(here, there))
    for number in range(51):
        save(here, f'{{"seed": {number}}}')
    assert outcomes(here, there) == ["left alone"]


def test_what_was_deleted_there_stays_deleted(here: Place, there: Place) -> None:
    create(here.store, "run")
    list(copied(here, there))
    there.store.delete(the(there).id)
    one = only(here, there)
    assert (one.outcome, "deleted there" in one.why) == ("left alone", True)
    assert list(there.store.everything()) == []


def test_so_does_what_came_from_there(here: Place, there: Place) -> None:
    create(there.store, "run")
    list(copied(there, here))
    there.store.delete(the(there).id)
    assert outcomes(here, there) == ["left alone"]
    assert list(there.store.everything()) == []


def test_what_can_not_come_back_there_any_more_is_copied_again(
    clock: Clock, here: Place, there: Place
) -> None:
    create(here.store, "run")
    list(copied(here, there))
    there.store.delete(the(there).id)
    clock.advance(days=31)
    assert outcomes(here, there) == ["copied"]


def test_one_that_came_back_under_another_name_is_there_already(here: Place, there: Place) -> None:
    create(here.store, "run")
    list(copied(here, there))
    here.store.delete(the(here).id)
    create(here.store, "run")
    ((gone, *_),) = (here.store.deleted(),)
    assert here.store.undelete(gone.id).name == "run (2)"
    found = {one.name: one.outcome for one in copied(here, there)}
    assert found == {"run": "left alone", "run (2)": "there already"}


def test_a_taken_name_stops_no_other_and_says_what_to_do(here: Place, there: Place) -> None:
    create(here.store, "a", "b", "c")
    create(there.store, "b")
    a, b, c = copied(here, there)
    assert (a.outcome, b.outcome, c.outcome) == ("copied", "left alone", "copied")
    assert "'b'" in b.why
    assert "rename one" in b.why


class Spoiled(SqliteStore):
    """A library in which somebody has written another text into "b"."""

    def everything(self) -> Iterator[tuple[Config, tuple[Version, ...]]]:
        for config, versions in super().everything():
            text = '{"a": 1, "a": 2}' if config.name == "b" else config.text
            spoiled = [replace(one, content=replace(one.content, text=text)) for one in versions]
            yield replace(config, text=text), tuple(spoiled)


def test_one_that_no_store_takes_stops_no_other(
    database: Database, here: Place, there: Place
) -> None:
    create(here.store, "a", "b", "c")
    source = Place(Spoiled(database, ANNA), here.user_id)
    assert outcomes(source, there) == ["copied", "left alone", "copied"]


class Ending(SqliteStore):
    """A store of Bert's that is written to so many times and then fails."""

    def __init__(self, database: Database, most: int, error: Exception) -> None:
        super().__init__(database, BERT)
        self.most, self.error = most, error

    def adopt(self, config: Config, versions: Sequence[Version]) -> Config | None:
        self._count()
        return super().adopt(config, versions)

    def save(
        self, config_id: str, content: Content, *, expected_revision: int, message: str = ""
    ) -> Config:
        self._count()
        return super().save(
            config_id, content, expected_revision=expected_revision, message=message
        )

    def _count(self) -> None:
        if not self.most:
            raise self.error
        self.most -= 1


@pytest.mark.parametrize("error", [Unavailable("away"), NotAllowed("ended")])
def test_an_outage_or_the_end_of_the_sign_in_stops_it_and_it_goes_on(
    database: Database, here: Place, there: Place, error: Exception
) -> None:
    create(here.store, "a", "b", "c")
    going = copied(here, Place(Ending(database, 2, error), there.user_id))
    assert [next(going).outcome, next(going).outcome] == ["copied", "copied"]
    with pytest.raises(type(error)):
        next(going)
    assert outcomes(here, there) == ["there already", "there already", "copied"]


def test_one_that_was_brought_half_way_goes_on(
    database: Database, here: Place, there: Place
) -> None:
    create(here.store, "run")
    list(copied(here, there))
    for number in range(3):
        save(here, f'{{"seed": {number}}}')
    with pytest.raises(Unavailable):
        list(copied(here, Place(Ending(database, 1, Unavailable("away")), there.user_id)))
    assert the(there).revision == 2
    assert outcomes(here, there) == ["brought up to date"]
    assert the(there).revision == 4


# --- Commands ------------------------------------------------------------------------------------


def approve(place: Place, *commands: str, text: str | None = None) -> Config:
    """Save the only config once more, with a yes to these commands."""
    config = the(place)
    new = content(
        config.name, text=text or config.text, approved=tuple(map(approval, commands)), target="a/b"
    )
    return place.store.save(config.id, new, expected_revision=config.revision)


def before_consent(database: Database, place: Place, **texts: str) -> None:
    """Make versions what they could be before commands had to be approved."""
    with database.write() as connection:
        connection.execute("DROP TRIGGER IF EXISTS config_versions_never_change")
        for number, text in texts.items():
            values = (text, place.user_id)
            connection.execute(
                "UPDATE config_versions SET config_json = ?, approvals = '[]' "
                f"WHERE user_id = ? AND number = {int(number.removeprefix('v'))}",
                values,
            )
            connection.execute(
                "UPDATE training_configs SET config_json = ?, approvals = '[]' "
                f"WHERE user_id = ? AND revision = {int(number.removeprefix('v'))}",
                values,
            )


def test_a_yes_and_a_target_go_along_both_ways(here: Place, there: Place) -> None:
    create(here.store, "run")
    approve(here, "ls", text=running("ls"))
    assert outcomes(here, there) == ["copied"]
    assert [one.by for one in the(there).approved] == [there.user_id]
    assert [one.at for one in the(there).approved] == [one.at for one in the(here).approved]
    assert the(there).target == "a/b"
    approve(there, "ls", "pwd", text=running("ls", "pwd"))
    assert outcomes(there, here) == ["brought up to date"]
    assert {one.by for one in the(here).approved} == {here.user_id}
    assert outcomes(here, there) == outcomes(there, here) == ["there already"]


def test_what_nobody_said_yes_to_is_left_alone_until_somebody_does(
    database: Database, here: Place, there: Place
) -> None:
    create(here.store, "run")
    before_consent(database, here, v1=running("ls"))
    one = only(here, there)
    assert one.outcome == "left alone"
    assert "runs a command that nobody has approved; open it, approve it" in one.why
    approve(here, "ls")
    assert only(here, there) == Copied("run", "copied")
    assert [len(one.content.approved) for one in there.store.versions(the(there).id)] == [1, 1]


def test_old_versions_that_nobody_said_yes_to_are_left_out_and_told(
    database: Database, here: Place, there: Place
) -> None:
    create(here.store, "run")
    for number in range(3):
        save(here, f'{{"seed": {number}}}')
    before_consent(database, here, v1=running("ls"), v3=running("pwd"))
    one = only(here, there)
    assert (one.outcome, one.why.partition(",")[0]) == ("copied", "Without its old versions 1")
    assert "versions 1, 3, with commands that nobody has approved" in one.why
    assert [one.number for one in there.store.versions(the(there).id)] == [4, 2]
    assert outcomes(here, there) == outcomes(there, here) == ["there already"]
    save(here, '{"seed": 9}')
    assert outcomes(here, there) == ["brought up to date"]


@pytest.mark.parametrize(
    ("unapproved", "sentence"),
    [("v3", "open it, approve it"), ("v2", "Version 2 runs a command that nobody has approved")],
)
def test_newer_versions_are_not_brought_without_a_yes(
    database: Database, here: Place, there: Place, unapproved: str, sentence: str
) -> None:
    create(here.store, "run")
    list(copied(here, there))
    for number in range(2):
        save(here, f'{{"seed": {number}}}')
    before_consent(database, here, **{unapproved: running("ls")})
    one = only(here, there)
    assert (one.outcome, sentence in one.why) == ("left alone", True)
    assert the(there).revision == 1


def test_between_two_files(here: Place, tmp_path: Path) -> None:
    config = here.store.create(content("run", description="Größe"), "first", tags=["b", "a"])
    here.store.save(config.id, content("run"), expected_revision=1)
    here.store.restore(config.id, 1, FINE, expected_revision=2)
    with closing(sqlite_database(tmp_path / "other.sqlite3")) as other:
        place = Place(SqliteStore(other, BERT), BERT.user_id)
        assert outcomes(here, place) == ["copied"]
        mine, theirs = the(here), the(place)
        assert replace(theirs, id=mine.id, user_id=mine.user_id) == mine
        assert outcomes(place, here) == ["there already"]
