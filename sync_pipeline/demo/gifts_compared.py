"""Gifts: exactly one for each donation that succeeded, split as given; exactly one reversal for each one taken back."""

from collections import Counter
from collections.abc import Iterator, Mapping

from sync_pipeline.demo import giving
from sync_pipeline.demo.difference import Difference
from sync_pipeline.demo.evidence import Evidence
from sync_pipeline.demo.records import Row


def gift_counts(evidence: Evidence) -> tuple[int, int]:
    """Expected and found."""
    return len(giving.expected_gifts(evidence.sources.donations)), len(_gifts(evidence))


def reversal_counts(evidence: Evidence) -> tuple[int, int]:
    return len(giving.expected_reversals(evidence.sources.donations)), len(_reversals(evidence))


def wrong_gifts(evidence: Evidence) -> Iterator[Difference]:
    expected = giving.expected_gifts(evidence.sources.donations)
    found = _gifts(evidence)
    times = Counter(_name(gift) for gift in found)
    yield from _wrong_numbers(evidence, "donations", "gift", expected, times)
    by_fields: dict[str, list[str]] = {}
    for gift in found:
        wanted = expected.get(_name(gift))
        if wanted is not None and (fields := _wrong_fields(evidence, wanted, gift)):
            by_fields.setdefault(", ".join(fields), []).append(_name(gift))
    for fields, keys in sorted(by_fields.items()):
        yield Difference(evidence.customer_id, f"gifts with another value in {fields}", keys)


def wrong_reversals(evidence: Evidence) -> Iterator[Difference]:
    expected = giving.expected_reversals(evidence.sources.donations)
    originals = {gift["id"]: gift for gift in _gifts(evidence)}
    found = [(originals.get(reversal["reversedGiftId"]), reversal) for reversal in _reversals(evidence)]
    named = [("" if original is None else _name(original), reversal) for original, reversal in found]
    yield from _wrong_numbers(evidence, "donations", "reversal", expected, Counter(name for name, _ in named))
    wrong = [name for name, reversal in named if name in expected and set(expected[name].items()) != _said(reversal)]
    if wrong:
        yield Difference(evidence.customer_id, "reversals on another day or of another amount", wrong)


def _gifts(evidence: Evidence) -> list[Row]:
    return [gift for gift in evidence.gifts if gift["reversedGiftId"] is None]


def _reversals(evidence: Evidence) -> list[Row]:
    return [gift for gift in evidence.gifts if gift["reversedGiftId"] is not None]


def _said(reversal: Row) -> set[tuple[str, str]]:
    return {(name, reversal[name]) for name in ("giftDate", "amount")}


def _name(gift: Row) -> str:
    """The donation's id, or where a gift of no donation of ours came from."""
    source, transaction_id = gift["transactionSource"], gift["transactionId"]
    return str(transaction_id) if source == giving.SOURCE else f"{source}/{transaction_id}"


def _wrong_numbers(
    evidence: Evidence, whose: str, what: str, expected: Mapping[str, object], times: Mapping[str, int]
) -> Iterator[Difference]:
    if missing := expected.keys() - times.keys():
        yield Difference(evidence.customer_id, f"{whose} without the {what} they stand for", missing)
    if surplus := times.keys() - expected.keys():
        yield Difference(evidence.customer_id, f"{whose} with a {what} that should not be", surplus)
    if twice := [key for key, count in times.items() if count > 1 and key in expected]:
        yield Difference(evidence.customer_id, f"{whose} with more than one {what}", twice)


def _wrong_fields(evidence: Evidence, wanted: Mapping[str, object], gift: Row) -> list[str]:
    told = giving.told_gift(gift["row"])
    wrong = sorted(name for name in wanted.keys() | told.keys() if wanted.get(name) != told.get(name))
    donor = evidence.contact_ids.get(f"{giving.SOURCE}/{wanted['donor']}")
    return wrong if gift["contactId"] == donor else [*wrong, "whose gift it is"]
