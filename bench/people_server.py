"""A VOMO-like API for benchmarks: numbered pages made beforehand, each answer a fixed time late.

Whoever asks for what changed gets nothing.
"""

import asyncio
import json
import sys
from urllib.parse import parse_qs

import uvicorn
from starlette.types import Receive, Scope, Send

PAGE_SIZE = 15
EMPTY = (
    b'{"data": [], "links": {"next": null}, "meta": {"current_page": 1, "per_page": 15, "last_page": 1, "total": 0}}'
)
ADDRESS = "http://127.0.0.1:{port}"


def user(number: int) -> dict[str, object]:
    return {
        "type": "user",
        "id": number,
        "first_name": f"First{number}",
        "last_name": f"Last{number}",
        "full_name": f"First{number} Last{number}",
        "email": f"user{number}@example.org",
        "address": f"{number} Main Street, Springfield, IL 62701",
        "phone": f"(555) 010-{number % 10_000:04}",
        "birthday": "1980-04-01",
        "gender": "F",
        "created_at": "2026-01-01T00:00:00+00:00",
        "updated_at": "2026-02-01T00:00:00+00:00",
        "user_status": "VERIFIED",
        "membership_status": "ACCEPTED",
        "membership_role": "VOLUNTEER",
    }


def pages(base: str, users: int) -> list[bytes]:
    last = -(-users // PAGE_SIZE)
    made: list[bytes] = []
    for number in range(1, last + 1):
        first = (number - 1) * PAGE_SIZE + 1
        data = [user(one) for one in range(first, min(first + PAGE_SIZE, users + 1))]
        following = f"{base}/v1/users?page={number + 1}" if number < last else None
        meta = {"current_page": number, "per_page": PAGE_SIZE, "last_page": last, "total": users}
        made.append(json.dumps({"data": data, "links": {"next": following}, "meta": meta}).encode())
    return made


class PeopleServer:
    """Raw ASGI, so that the server costs as little of the shared processor as it can."""

    def __init__(self, bodies: list[bytes], seconds: float) -> None:
        self._bodies = bodies
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI
        query = parse_qs(scope["query_string"].decode())
        number = int(query.get("page", ["1"])[0])
        body = EMPTY if "updated_after" in query else self._bodies[number - 1]
        await asyncio.sleep(self._seconds)
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def main(port: int, users: int, seconds: float) -> None:
    app = PeopleServer(pages(ADDRESS.format(port=port), users), seconds)
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="error", access_log=False, lifespan="off", loop="asyncio")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
