import io
import logging
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from core.findings import Finding, Report, Verdict
from core.system import log

ERROR = Finding("a.b", "error", ("training",), "Wrong.", "Mend it.")
LOGGER = logging.getLogger("tunesmith")


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.DEBUG)
    yield stream
    LOGGER.removeHandler(handler)
    LOGGER.setLevel(logging.NOTSET)


def test_each_event_is_one_line(lines: io.StringIO) -> None:
    log.created("sft", "preset:sft_toolbench")
    log.opened("sft", "import:my.json")
    log.saved("sft", "42", 3)
    log.downloaded("sft", 700)
    log.imported("my.json", 700)
    assert lines.getvalue().splitlines() == [
        "INFO [TrainingConfig] created name='sft' origin='preset:sft_toolbench'",
        "INFO [TrainingConfig] opened name='sft' origin='import:my.json'",
        "INFO [TrainingConfig] saved name='sft' id='42' revision=3",
        "INFO [TrainingConfig] downloaded name='sft' bytes=700",
        "INFO [TrainingConfig] imported name='my.json' bytes=700",
    ]


def test_a_check_is_logged_with_its_counts(lines: io.StringIO) -> None:
    log.checked("sft", Report((ERROR,), Verdict("tiny_tool_use", "pinned", (ERROR,))))
    assert lines.getvalue() == (
        "DEBUG [ConfigValidator] checked name='sft' errors=1 warnings=0 infos=0 runs=False\n"
    )


def test_a_refused_import_is_a_warning(lines: io.StringIO) -> None:
    log.refused("my.json", "Line 3, column 5: Delete this comma.")
    assert lines.getvalue().startswith("WARNING [TrainingConfig] import refused name='my.json'")


def test_control_characters_can_not_forge_a_line(lines: io.StringIO) -> None:
    log.opened("a\nINFO b\x1b[31m\u202e", "empty")
    assert lines.getvalue().count("\n") == 1
    assert r"name='a\nINFO b\x1b[31m\u202e'" in lines.getvalue()


def test_long_names_are_shortened(lines: io.StringIO) -> None:
    log.opened("x" * 5000, "empty")
    assert len(lines.getvalue()) < 200


def test_secrets_are_redacted(lines: io.StringIO) -> None:
    token = "hf_" + "a1B2" * 9
    log.imported(f"{'x' * 90}-{token}.json", 10)
    assert "hf_" not in lines.getvalue()


def test_an_access_token_is_told_of_without_itself(lines: io.StringIO) -> None:
    log.token_made("u", "abc", "read write", datetime(2026, 5, 1, tzinfo=UTC))
    log.token_revoked("u", "abc")
    log.token_revoked("u", "tsm_" + "a" * 49)
    assert lines.getvalue().splitlines() == [
        "INFO [Account] access token made id='u' token='abc' scopes='read write' "
        "expires='2026-05-01'",
        "INFO [Account] access token revoked id='u' token='abc'",
        "INFO [Account] access token revoked id='u' token='[secret]'",
    ]


def test_what_concerns_an_account_is_told_without_any_secret(lines: io.StringIO) -> None:
    log.account_made("u")
    log.signed_in("u")
    log.sign_in_failed("192.0.2.1")
    log.password_changed("u")
    log.token_refused("192.0.2.1")
    log.link_refused("192.0.2.1")
    log.site_refused("192.0.2.1", "/session/end\nINFO forged")
    log.signed_out("u", everywhere=True)
    log.account_deleted("u")
    assert lines.getvalue().splitlines() == [
        "INFO [Account] made id='u'",
        "INFO [Account] signed in id='u'",
        "WARNING [Account] sign-in failed address='192.0.2.1'",
        "INFO [Account] password changed id='u'",
        "WARNING [Account] access token refused address='192.0.2.1'",
        "WARNING [Share] leads nowhere address='192.0.2.1'",
        "WARNING [Server] another site refused address='192.0.2.1' "
        r"path='/session/end\nINFO forged'",
        "INFO [Account] signed out id='u' everywhere=True",
        "INFO [Account] deleted id='u'",
    ]


def test_an_event_below_the_level_is_not_written(lines: io.StringIO) -> None:
    LOGGER.setLevel(logging.INFO)
    log.checked("sft", Report(()))
    assert lines.getvalue() == ""


def test_configure_adds_one_handler_however_often_it_is_called() -> None:
    before = list(LOGGER.handlers)
    log.configure("WARNING")
    log.configure("INFO")
    added = [handler for handler in LOGGER.handlers if handler not in before]
    assert len(added) == 1
    assert LOGGER.level == logging.INFO
    LOGGER.removeHandler(added[0])
    LOGGER.setLevel(logging.NOTSET)
    LOGGER.propagate = True


def test_moments_are_in_utc() -> None:
    before = list(LOGGER.handlers)
    log.configure()
    (handler,) = [one for one in LOGGER.handlers if one not in before]
    LOGGER.removeHandler(handler)
    LOGGER.setLevel(logging.NOTSET)
    LOGGER.propagate = True
    record = logging.LogRecord("tunesmith", logging.INFO, "", 0, "said", None, None)
    record.created = 0
    assert handler.format(record) == "1970-01-01T00:00:00Z INFO said"


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(ValueError, match="LOUD"):
        log.configure("LOUD")
