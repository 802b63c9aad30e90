"""Fixtures of the notifiers' tests."""

import socket

import pytest


@pytest.fixture
def nobody_listens() -> str:
    """An address on which every connection is refused."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"
