"""A clock that only tests move, and a client that speaks to the sandbox over a real socket."""

from types import TracebackType
from typing import Any, Self

import httpx

from sync_pipeline.sandbox.world import World

NOON = 1_780_000_000.0  # a moment in 2026, Unix seconds
VIRTUOUS = "virtuous-token"
VOMO = "vomo-token"
BATCH = "/api/Contact/Batch"
TRANSACTION = "/api/Contact/Transaction"
USERS = "/vomo/v1/users"


class SettableClock:
    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.time = NOON
        self.slept: list[float] = []

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


class SandboxClient:
    def __init__(self, world: World, clock: SettableClock, base_url: str) -> None:
        self.world = world
        self.clock = clock
        self.base_url = base_url
        self._http = httpx.Client(base_url=base_url, timeout=10)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def request(
        self,
        method: str,
        path: str,
        *,
        token: str = "",
        content: bytes | None = None,
        json: Any = None,
        traceparent: str | None = None,
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        headers |= {} if traceparent is None else {"traceparent": traceparent}
        return self._http.request(method, path, headers=headers, content=content, json=json)

    def get(self, path: str, token: str = "") -> httpx.Response:
        return self.request("GET", path, token=token)

    def post(self, path: str, json: Any, token: str = VIRTUOUS) -> httpx.Response:
        return self.request("POST", path, token=token, json=json)

    def batch(self, *contacts: Any, source: str = "VOMO") -> httpx.Response:
        return self.post(BATCH, {"referenceSource": source, "contacts": list(contacts)})

    def control(self, method: str, path: str, json: Any = None) -> Any:
        answer = self.request(method, f"/sandbox/{path}", json=json)
        assert answer.is_success, answer.text
        return answer.json()

    def books(self, token: str = VIRTUOUS) -> Any:
        return self.control("GET", f"books?token={token}")

    def run_import(self) -> Any:
        return self.control("POST", f"import?token={VIRTUOUS}")


def contact(reference_id: str = "1", **fields: Any) -> dict[str, Any]:
    """A contact as it stands in a batch."""
    return {
        "referenceId": reference_id,
        "contactType": "Household",
        "firstName": "Ada",
        "lastName": "Byron",
        "email": f"ada.{reference_id}@example.org",
    } | fields


def transaction(reference_id: str = "1", **fields: Any) -> dict[str, Any]:
    """The same contact as a single transaction."""
    return {"referenceSource": "VOMO"} | contact(reference_id, **fields)
