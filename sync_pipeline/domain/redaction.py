"""Takes personal data out of texts that other systems wrote, so that a person may read them."""

import html
import re
import unicodedata
from collections.abc import Iterable

ELLIPSIS = "…"
MAX_LENGTH = 300
SHORTEST_REDACTED = 3

_LOOKS_PERSONAL = (
    re.compile(r"\+?\(?\d[\d\s()./-]{5,}\d"),  # phone number
    re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}"),  # date of birth
    re.compile(r"\d{4,}"),
)
_BETWEEN_BLANKS = re.compile(r"\S+")
_WORD = re.compile(r"\w+(?:['\u2019-]\w+)*")
_VALUE_WORD = re.compile(rf"[^\W_]{{{SHORTEST_REDACTED},}}")
_IDENTIFIER = re.compile(r"[a-z]+(?:[A-Z][a-z0-9]*)+|[A-Z]+(?:_[A-Z]+)+")
_IDENTIFIER_PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")

# Capitalised words that belong to the API or to English error texts; words that are also common names are left out.
_KNOWN_WORDS_TEXT = """
a access address addresses again allowed already amount an and api are array at authentication authorization bad
batch be been birth body boolean by can cannot city code collection conflict contact contacts content could country
custom date denied duplicate e-mail email empty error errors event exceeded exception exists expected failed
failure field first forbidden format foundation found from full gateway gender gift gifts has have household id
import in individual integer internal invalid is it json key large last later length limit list lists many maximum
media message method middle minimum missing model month must name no not null number object objects of on or
organization parameter permission phone please postal project quota rate reference request required response segment
server service should source state string suffix supported tag tags temporarily that the this time timeout title to
token too transaction transactions try type types unauthorized unavailable unexpected unique unknown url validation
value values with year your
"""
_KNOWN_WORDS = frozenset(_KNOWN_WORDS_TEXT.split())


def redact(text: str, sent_values: Iterable[str]) -> str:
    """`text` in one line of at most 300 characters, with everything that may be personal replaced by `…`.

    Replaced are: every sent value of at least three characters, wherever it stands and in whatever case; its words of
    at least three characters, where they stand as words; what looks like an e-mail address, a phone number, a date,
    or four digits and more; and words that may be somebody's name, because a refusal can speak of a record that we
    did not send: capitalised or non-English words that are not known from the API.
    """
    line = _one_line(html.unescape(text))
    covered = bytearray(len(line))
    _cover_sent(line, covered, sent_values)
    for pattern in _LOOKS_PERSONAL:
        for match in pattern.finditer(line):
            _cover(covered, match.start(), match.end())
    # No pattern for e-mail addresses: searching for the @ within each run of 64 kB took half a minute.
    for match in _BETWEEN_BLANKS.finditer(line):
        if "@" in match.group() or "%40" in match.group():
            _cover(covered, match.start(), match.end())
    for match in _WORD.finditer(line):
        if not _is_harmless(match.group()):
            _cover(covered, match.start(), match.end())
    shown = "".join(ELLIPSIS if hidden else character for character, hidden in zip(line, covered, strict=True))
    shown = re.sub(r"…(?:\s*…)*", ELLIPSIS, shown)
    return shown if len(shown) <= MAX_LENGTH else shown[: MAX_LENGTH - 1] + ELLIPSIS


def _one_line(text: str) -> str:
    """Composed characters, no control characters (a terminal would obey them), single blanks."""
    composed = unicodedata.normalize("NFC", text)
    return " ".join("".join(character if character.isprintable() else " " for character in composed).split())


def _cover_sent(line: str, covered: bytearray, sent_values: Iterable[str]) -> None:
    folded, origin = _folded(line)
    spellings = (spelling for value in sent_values for spelling in (value, html.unescape(value)))
    values = {_one_line(spelling).casefold() for spelling in spellings}
    words = {word for value in values for word in _VALUE_WORD.findall(value)} - values
    for needle in values | words:
        if len(needle) < SHORTEST_REDACTED:
            continue
        start = folded.find(needle)
        while start >= 0:
            end = start + len(needle)
            if needle in values or _stands_alone(folded, start, end):
                _cover(covered, origin[start], origin[end - 1] + 1)
            start = folded.find(needle, start + 1)


def _folded(line: str) -> tuple[str, list[int]]:
    """The case-folded line, and for each of its characters the place of the original: ß folds to two."""
    folded = [character.casefold() for character in line]
    return "".join(folded), [place for place, characters in enumerate(folded) for _ in characters]


def _stands_alone(folded: str, start: int, end: int) -> bool:
    return not (folded[start - 1 : start].isalnum() or folded[end : end + 1].isalnum())


def _is_harmless(word: str) -> bool:
    if word.isascii() and word == word.lower():
        return True
    if word.lower() in _KNOWN_WORDS or _IDENTIFIER.fullmatch(word):
        return True
    parts = _IDENTIFIER_PART.findall(word)
    return "".join(parts) == word and all(part.lower() in _KNOWN_WORDS for part in parts)


def _cover(covered: bytearray, start: int, end: int) -> None:
    covered[start:end] = b"\x01" * (end - start)
