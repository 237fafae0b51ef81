"""Joins a Ray cluster, or starts one of this machine alone that no other machine can reach.

Whoever reaches a Ray port can run code (CVE-2023-48022), so a cluster of ours listens on the
loopback address only, asks for a token, has no dashboard and exports no metrics.
"""

from __future__ import annotations

import os
import re
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from ..errors import RenderError

_HOST_PORT = re.compile(r"(?P<host>[\w.-]+|\[[0-9a-fA-F:]+\]):(?P<port>\d{1,5})")
LOOPBACK = "127.0.0.1"
TIME_LIMIT = 1800.0  # seconds that a worker may be silent

# Ray 2.60 turns 127.0.0.1 into the machine's outer address wherever it is given, save where it
# believes itself on a system without clusters. Read when ray is imported, and by its processes.
_LOCAL_ENVIRONMENT = {
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    "RAY_enable_metrics_collection": "0",
    "RAY_AUTH_MODE": "token",
}
LOCAL = {
    "address": "local",
    "include_dashboard": False,
    "log_to_driver": False,
    "logging_level": "ERROR",
    "object_store_memory": 128 * 2**20,  # finished pictures on their way, nothing else
}
JOINED = {"log_to_driver": False, "logging_level": "ERROR"}


@contextmanager
def connect(address: str) -> Iterator[Any]:
    """Gives the module ray, connected; `auto` is $RAY_ADDRESS, else a cluster of this machine."""
    if address == "auto":
        address = os.environ.get("RAY_ADDRESS", "local")
    alone = address == "local"
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    if alone:
        os.environ.update(_LOCAL_ENVIRONMENT, RAY_AUTH_TOKEN=_token())
        os.environ.pop("RAY_ADDRESS", None)
    ray = _ray()
    if not alone:
        _reach(address)
    try:
        _join(ray, LOCAL if alone else {"address": address, **JOINED})
        if alone and ray.util.get_node_ip_address() != LOOPBACK:
            raise RenderError("--ray: ray was imported too early to keep it to this machine")
        yield ray
    finally:
        ray.shutdown()


def _join(ray: Any, arguments: dict[str, Any]) -> None:
    terminate = signal.getsignal(signal.SIGTERM)
    for attempt in (1, 2, 3):
        try:
            ray.init(**arguments)
            break
        except Exception as error:  # among them bare ones, when 30 s were not enough for a start
            ray.shutdown()
            if attempt == 3:
                text = " ".join(str(error).split())[:300]
                raise RenderError(f"--ray {arguments['address']}: {text}") from None
    signal.signal(signal.SIGTERM, terminate)  # Ray puts its own in its place


@cache
def _token() -> str:
    """One for this process: Ray keeps the first it sees."""
    import secrets

    return secrets.token_hex(32)


def _ray() -> Any:
    try:
        import ray
    except ImportError:
        raise RenderError(
            "--ray: expected the package ray, got none. "
            "Install it with: .venv/bin/python -m pip install -c constraints.txt -e '.[cluster]'"
        ) from None
    return ray


def _reach(address: str) -> None:
    """Tells an address that cannot work at once; Ray itself would try for a minute."""
    found = _HOST_PORT.fullmatch(address)
    if not found:
        raise RenderError(f"--ray: expected auto or HOST:PORT, got '{address[:80]}'.")
    try:
        socket.create_connection((found["host"].strip("[]"), int(found["port"])), 5).close()
    except (OSError, OverflowError):
        raise RenderError(
            f"--ray {address}: expected the head of a Ray cluster, got no answer. Start one with: "
            "ray start --head"
        ) from None
