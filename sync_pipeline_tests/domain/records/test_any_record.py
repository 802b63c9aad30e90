"""No value of a source may stop its stream: a record has a problem, or writes that can be sent. Never an exception."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_pipeline.domain.record import MappedRecord
from sync_pipeline.domain.records import KINDS, Known, Rules
from sync_pipeline.domain.records.changes import record_change

RULES = Rules("S", "ignore", "S: removed", "2026-03-01")
ODD = st.sampled_from(
    [
        *("1E+50", "1E+999999", "9" * 40, "NaN", "Infinity", "-0", "0.001", "1_0", "5.00", "744", "-1"),
        *("9999-12-31T23:30:00Z", "0001-01-01T00:00:00+05:00", "2026-02-30", "2026-03-01T08:00:00Z", "2026-03-01"),
    ]
)
VALUES = st.one_of(st.none(), st.text(max_size=6), ODD)
NEEDED = {
    "contact": ("lastName", "birthYear", "birthMonth", "birthDay"),
    "gift": ("amount", "giftDate", "contact.email", "designation.code", "designation.amountDesignated"),
    "note": ("contact", "note", "noteDateTime"),
    "attendance": ("contact", "opportunity", "hours", "startDateTimeUtc", "endDateTimeUtc"),
    "opportunity": ("name", "preferredNumberOfHours", "isActive"),
}


@pytest.mark.parametrize("kind", list(KINDS))
@given(data=st.data())
def test_every_record_has_a_problem_or_writes(kind: str, data: st.DataObject) -> None:
    fields = data.draw(st.fixed_dictionaries(dict.fromkeys(NEEDED[kind], VALUES)))
    change = record_change(KINDS[kind], MappedRecord("1", True, "1", fields, ()), "hash", Known({}, {}), RULES)
    assert change is not None
    assert (change.problem is None) == (change.writes is not None)
    for write in change.writes or ():
        msgspec.json.encode(write.payload)
