"""What stands in the ledger for a record besides what Virtuous acknowledged."""

from dataclasses import dataclass

from sync_pipeline.domain.operation import State


@dataclass(frozen=True, slots=True)
class Standing:
    """The newest operation of one key and field group that is not over.

    The fingerprint of one that a person wants planned again is empty: no value equals it.
    """

    fingerprint: str
    state: str


def needs_write(fingerprint: str, acknowledged: str | None, standing: Standing | None) -> bool:
    """Whether a value must be planned: it differs from the newest of acknowledged, open, dead, review, discarded.

    A person's no (discarded) also covers the way back: the acknowledged value needs no write then.
    """
    if standing is None:
        return fingerprint != acknowledged
    if fingerprint == standing.fingerprint:
        return False
    return not (standing.state == State.DISCARDED and fingerprint == acknowledged)
