"""What a server writes about a refused record can be shown to a person without telling who it is."""

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sync_pipeline.domain.redaction import MAX_LENGTH, SHORTEST_REDACTED, redact


@pytest.mark.parametrize(
    ("text", "sent", "shown"),
    [
        ("Email ada@example.org is already in use", [], "Email … is already in use"),
        ("value ada%40example.org", [], "value …"),
        ("call (555) 123-4567 now", [], "call … now"),
        ("call +1 555.123.4567", [], "call …"),
        ("born 2/3/90 or 1990-02-03", [], "born … or …"),
        ("id 12345 on line 17", [], "id … on line 17"),
        ("lastName byron is too long", ["Byron"], "lastName … is too long"),
        ("value x-byronic", ["Byron"], "value x-…ic"),
        ("no such lovelace in contacts", ["Ada Lovelace"], "no such … in contacts"),
        ("the cada of ada", ["ada king"], "the cada of …"),
        ("it is STRASSE 9", ["Straße 9"], "it is …"),
        ("value ada&#39;s house", ["ada's house"], "value …"),
        ("value ada's house", ["ada&#39;s house"], "value …"),
        ("a  b\tada \n king", ["ada king"], "a b …"),
        ("state is tx", ["tx"], "state is tx"),
        ("", ["ada"], ""),
    ],
)
def test_sent_values_and_what_looks_personal_become_an_ellipsis(text: str, sent: list[str], shown: str) -> None:
    assert redact(text, sent) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("That email belongs to contact Jane Doe", "That email belongs to contact …"),
        ("Merged into O'Neill-Smith already", "… into … already"),
        ("duplicate of josé and 王伟", "duplicate of … and …"),
        ("Contact SMITH exists", "Contact … exists"),
    ],
)
def test_names_of_people_we_did_not_send_are_hidden_too(text: str, shown: str) -> None:
    assert redact(text, []) == shown


@pytest.mark.parametrize(
    "text",
    [
        "The request is invalid.",
        "Authorization has been denied for this request.",
        "The First Name field is required.",
        "VALIDATION_ERROR: lastName REQUIRED at contacts[3].firstName",
        "Value cannot be null. Parameter name: contactTransaction",
        "The ContactTransaction model is invalid",
    ],
)
def test_the_words_of_the_api_stay_readable(text: str) -> None:
    assert redact(text, ["Ada", "Byron"]) == text


def test_a_long_text_is_cut_and_control_characters_never_reach_a_terminal() -> None:
    shown = redact("so bad \x1b[31m\u202e " * 500, [])
    assert len(shown) == MAX_LENGTH
    assert shown.isprintable()


@pytest.mark.parametrize("text", ["the value is bad ", "x", "1", "1-", "Aa", "@", "<title", "a1_", "&", "Ada King"])
def test_a_large_error_about_a_large_batch_is_redacted_quickly(text: str) -> None:
    """Refusals come in floods; none may hold up the slice, whatever its text is made of."""
    sent = [f"person{number}@example.org street {number}" for number in range(1000)]
    started = time.perf_counter()
    redact(text * (65536 // len(text)), sent)
    assert time.perf_counter() - started < 5


ALPHABET = st.text(st.sampled_from("aAbBß İıé\u0301'-@1 2\t&;lt<…") | st.characters(codec="utf-8"), max_size=12)


@given(ALPHABET, st.lists(ALPHABET, min_size=1, max_size=4), ALPHABET)
@example("&amp;", ["lt;bc"], "")
@example("", ["&lt;bc"], "&amp;lt;bc")
@example("ab", ["abcd", "bcde"], "e")
def test_no_sent_value_survives(before: str, sent: list[str], after: str) -> None:
    shown = redact(before + after.join(sent) + after, sent).casefold()
    for value in sent:
        if len(value) >= SHORTEST_REDACTED and value.strip() == value and "…" not in value:
            assert value.casefold() not in shown


@given(st.text(), st.lists(st.text(), max_size=3))
def test_any_text_can_be_redacted(text: str, sent: list[str]) -> None:
    assert len(redact(text, sent)) <= MAX_LENGTH
