"""Which names, e-mail addresses and passwords an account may have.

A password needs length, not character classes: NIST SP 800-63B, section 3.1.1.2.
"""

import re
import unicodedata
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from core.errors import NotAccepted

MAX_NAME: Final = 40
MAX_FULL_NAME: Final = 100
MAX_EMAIL: Final = 254
MIN_PASSWORD: Final = 10
MAX_PASSWORD: Final = 1024


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# A name or an e-mail address shorter than this is in a long password by chance.
_TELLING: Final = 3
# So many characters beside the own name, or around a common word, still make a guess easy.
_REST: Final = 4
_AROUND: Final = 6
_MIN_DISTINCT: Final = 4
# Nobody's name is longer, and folding megabytes takes time.
_LONGEST: Final = 256

_EMAIL: Final = re.compile(r"[^\s@<>()\[\],;:\\\"]{1,64}@(?:[\w-]{1,63}\.)+[\w-]{2,63}")
_SEPARATORS: Final = re.compile(r"[\W_]+")
# Letters and marks without a picture: combining grapheme joiner, Hangul fillers, Khmer inherent
# vowels, Mongolian and other variation selectors. The other fillers become these by NFKC.
_INVISIBLE: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]"
)
# Zero-width joiners belong to the spelling of Persian, Hindi and other names.
_JOINERS: Final = "\u200c\u200d"

_RUNS: Final = (
    "abcdefghijklmnopqrstuvwxyz",
    "0123456789",
    "qwertyuiop",
    "qwertzuiop",
    "azertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "yxcvbnm",
)
_STEPS: Final = frozenset(
    pair
    for run in _RUNS
    for left, right in pairwise(run + run[0])
    for pair in (left + right, right + left, left + left)
)

# A choice by hand of what guessing starts with at our length: walks over the keyboard, well-known
# numbers, and below a word with digits around it.
_COMMON: Final = _words("""
    1q2w3e4r5t 1q2w3e4r5t6y q1w2e3r4t5 q1w2e3r4t5y6 1qaz2wsx3edc 1qazxsw23edc zaq12wsxcde3
    1qaz2wsx3edc4rfv qazwsxedcrfv qazwsxedc123 qweasdzxc123 abc123abc123 a1b2c3d4e5 a123456789
    aa12345678 123123123a 147258369a 1029384756 0987654321q 3141592653 31415926535 2718281828
    1234512345 123456123456 correcthorsebatterystaple thisisapassword
    mypasswordis password1password letmeinplease iloveyousomuch
""")
_COMMON_STEMS: Final = _words("""
    password passwort motdepasse contraseña passwd passphrase mypassword welcome letmein
    iloveyou qwerty qwertz azerty administrator admin root changeme default secret
    topsecret login guest tester master superman batman princess sunshine football
    baseball monkey dragon whatever starwars pokemon liverpool chocolate basketball tunesmith
""")
_LEET: Final = str.maketrans("013457@$!", "oieastasi")


def normalised(password: str) -> str:
    """The password as it is hashed: typed alike on every keyboard, without spaces around it."""
    return unicodedata.normalize("NFKC", password).strip()


def name_key(name: str) -> str:
    """What two names have in common that are the same one to a reader."""
    folded = unicodedata.normalize("NFKC", name[:_LONGEST]).strip().casefold()
    # A lone surrogate can't be asked the database for; "?" is in no name either.
    return unicodedata.normalize("NFKC", folded).encode("utf-8", "replace").decode()


def accepted_name(name: str) -> str:
    """The user name as it is kept.

    Raises:
        NotAccepted: it is no user name.
    """
    kept = unicodedata.normalize("NFKC", name).strip()
    if 1 <= len(kept) <= MAX_NAME and kept[0].isalnum() and all(map(_fits_name, kept)):
        return kept
    raise NotAccepted(
        f"A user name has 1 to {MAX_NAME} letters, digits, dots, dashes and underscores, "
        "and starts with a letter or a digit."
    )


def accepted_full_name(full_name: str) -> str:
    """The full name as it is kept; empty stays empty.

    Raises:
        NotAccepted: it is too long, or has characters that don't show.
    """
    return accepted_line(full_name, "The full name", MAX_FULL_NAME)


def accepted_line(text: str, what: str, longest: int) -> str:
    """A line of text for people as it is kept; empty stays empty.

    Args:
        text: what was typed.
        what: what it is, as a sentence begins.
        longest: the most characters that it may have.

    Raises:
        NotAccepted: it is too long, or has characters that don't show.
    """
    kept = " ".join(unicodedata.normalize("NFC", text).split())
    if len(kept) > longest:
        raise NotAccepted(f"{what} has {len(kept)} characters; shorten it to {longest}.")
    if not all(map(_shows, kept)):
        raise NotAccepted(f"{what} has characters that don't show; type it anew.")
    return kept


def accepted_email(email: str) -> str:
    """The e-mail address as it is kept; empty stays empty.

    Raises:
        NotAccepted: it is no e-mail address.
    """
    kept = email.strip()
    fits = len(kept) <= MAX_EMAIL and _EMAIL.fullmatch(kept) and all(map(_shows, kept))
    if kept and not fits:
        raise NotAccepted("This is not an email address; write one such as ada@example.org.")
    return kept


def require_password(password: str, own: Sequence[str] = ()) -> None:
    """Refuse a password that is soon guessed; ``own`` are the user's names and e-mail address.

    Raises:
        NotAccepted: it is too short, too long or too plain; the text says which.
    """
    if fault := password_fault(password, own):
        raise NotAccepted(fault)


def password_fault(password: str, own: Sequence[str] = ()) -> str:
    """Why a password is refused, and what to choose instead; empty if it is good."""
    if len(password) > MAX_PASSWORD:
        return f"The password has more than {MAX_PASSWORD} characters; choose a shorter one."
    text = normalised(password)
    if len(text) < MIN_PASSWORD:
        return (
            f"The password has fewer than {MIN_PASSWORD} characters; choose a longer one, "
            "such as a few words."
        )
    return _plainness(text.casefold(), own)


def _plainness(text: str, own: Sequence[str]) -> str:
    if _is_own(text, own):
        return "The password is little more than your name or email address; choose another one."
    if _is_run(text) or len(set(text)) < _MIN_DISTINCT:
        return "The password is a plain run or repetition of characters; choose another one."
    if _is_common(text):
        return "The password is one of the commonest, which are tried first; choose another one."
    return ""


def _is_own(text: str, own: Sequence[str]) -> bool:
    names = [name_key(name) for name in own]
    parts = {part for name in names for part in (name, *_SEPARATORS.split(name))}
    rest = text
    for part in sorted(parts, key=len, reverse=True):
        rest = rest.replace(part, "") if len(part) >= _TELLING else rest
    return rest != text and sum(map(str.isalnum, rest)) <= _REST


def _is_run(text: str) -> bool:
    """Whether each character follows the one before it in a row; one jump is allowed for."""
    jumps = sum(left + right not in _STEPS for left, right in pairwise(text))
    return jumps <= 1


def _is_common(text: str) -> bool:
    stem = text.strip("0123456789 !?.,;:*#+-_$%&@")
    half = stem[: len(stem) // 2]
    word = half if stem == half + half else stem
    is_plain = not _COMMON_STEMS.isdisjoint({word, word.translate(_LEET)})
    return text in _COMMON or (is_plain and len(text) - len(stem) <= _AROUND)


def _fits_name(character: str) -> bool:
    kind = unicodedata.category(character)
    usual = kind[0] == "L" or kind in {"Nd", "Mn", "Mc"} or character in "._-"
    return usual and not _INVISIBLE.match(character)


def _shows(character: str) -> bool:
    kind = unicodedata.category(character)
    hidden = kind[0] == "C" or kind in {"Zl", "Zp"} or bool(_INVISIBLE.match(character))
    return character in _JOINERS or not hidden
