"""No attack reaches another user's data, whatever the project's age grants to the API's roles."""

from typing import get_args

import pytest

from tests.database.attacks import ATTACKS, WITH_SQL, Role, Scene, leaks
from tests.database.project import Mode

pytestmark = [
    pytest.mark.supabase,
    pytest.mark.parametrize("role", get_args(Role)),
]
in_each_mode = pytest.mark.parametrize("scene", get_args(Mode), indirect=True)


@in_each_mode
@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_gets_nothing(scene: Scene, attack: str, role: Role) -> None:
    assert leaks(scene, ATTACKS[attack], role) == []


@pytest.mark.parametrize("scene", ["hosted_new", "hosted_old"], indirect=True)
@pytest.mark.parametrize("attack", WITH_SQL)
def test_an_attack_with_sql_gets_nothing(scene: Scene, attack: str, role: Role) -> None:
    assert leaks(scene, WITH_SQL[attack], role) == []
