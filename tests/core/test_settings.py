"""Settings from the environment and from secrets.toml."""

from pathlib import Path

import pytest

from core.errors import SettingsError
from core.settings import SERVER_VARIABLE, TOKEN_VARIABLE, Settings


def test_without_any_there_are_accounts_and_a_folder_of_the_users(tmp_path: Path) -> None:
    settings = Settings.from_environ({})
    assert settings.accounts == "on"
    assert settings.data_folder.name == "tunesmith"
    assert settings.database_file.parent == settings.data_folder


def test_the_environment_wins_over_the_secrets(tmp_path: Path) -> None:
    secrets = {"tunesmith": {"accounts": "off", "sign_up": "open"}, "other": {"x": 1}}
    settings = Settings.from_environ({"TUNESMITH_SIGN_UP": "Closed"}, secrets)
    assert (settings.accounts, settings.sign_up) == ("off", "closed")


def test_a_folder_is_made_absolute_and_knows_the_home(tmp_path: Path) -> None:
    settings = Settings.from_environ({"TUNESMITH_DATA": "~/runs"})
    assert settings.data_folder == Path.home() / "runs"


def test_what_the_commands_look_at_stops_no_app() -> None:
    environ = {SERVER_VARIABLE: "https://example.org", TOKEN_VARIABLE: "tsm_a"}
    assert Settings.from_environ(environ) == Settings.from_environ({})
    with pytest.raises(SettingsError, match="There is no setting 'token'"):
        Settings.from_environ({}, {"tunesmith": {"token": "tsm_a"}})


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        ({"TUNESMITH_ACCOUNTS": "no"}, "TUNESMITH_ACCOUNTS is 'no'; set it to on or off."),
        ({"TUNESMITH_ACOUNTS": "off"}, "did you mean 'accounts'?"),
        ({"TUNESMITH_X": "1"}, "There is no setting 'x'"),
        ({"TUNESMITH_API_ORIGINS": "*"}, "TUNESMITH_API_ORIGINS has '*'"),
        ({"TUNESMITH_API_ORIGINS": "https://a.example/x"}, "without a path"),
    ],
)
def test_a_wrong_setting_is_one_sentence(environ: dict[str, str], sentence: str) -> None:
    with pytest.raises(SettingsError, match=r"^[^\n]*$") as raised:
        Settings.from_environ(environ)
    assert sentence in str(raised.value)


def test_origins_stand_in_a_list() -> None:
    text = "https://a.example, http://localhost:3000"
    settings = Settings.from_environ({"TUNESMITH_API_ORIGINS": text})
    assert settings.api_origins == ("https://a.example", "http://localhost:3000")


def test_secrets_without_a_table_are_refused() -> None:
    with pytest.raises(SettingsError, match="has to be a table"):
        Settings.from_environ({}, {"tunesmith": "off"})


@pytest.mark.parametrize(
    ("sign_up", "locally", "open_"),
    [
        ("open", False, True),
        ("closed", True, False),
        ("local", True, True),
        ("local", False, False),
    ],
)
def test_who_may_sign_up(sign_up: str, locally: bool, open_: bool) -> None:
    settings = Settings.from_environ({"TUNESMITH_SIGN_UP": sign_up})
    assert settings.takes_sign_ups(listens_locally=locally) is open_
