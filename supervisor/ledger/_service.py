"""The service in which a failure happened: name, version, process."""

from __future__ import annotations

import os
import platform
import sys
from functools import cache
from typing import Any

from attrs import frozen
from stentor._version import __version__

from ._writer import Writer

__all__ = ["Service"]


@cache
def _instance(pid: int) -> str:
    # By pid, so that a forked child is another instance.
    return f"{pid}-{os.urandom(4).hex()}"


@frozen
class Service:
    """Which service it happened in.

    Attributes:
        name: Of the service.
        version: Of the service; stentor's own by default.
        instance: What tells its processes apart; made up for each process by default.
    """

    name: str = "stentor"
    version: str = __version__
    instance: str = ""

    def to_dict(self, write: Writer) -> dict[str, Any]:
        """Return the ``runtime`` part of a failure dict."""
        pid = os.getpid()
        return {
            "service": write.text("runtime.service", self.name, 256),
            "version": write.text("runtime.version", self.version, 64),
            "instance": write.text("runtime.instance", self.instance or _instance(pid), 256),
            "python": "{}.{}.{}".format(*sys.version_info),
            "host": write.text("runtime.host", platform.node(), 256),
            "pid": pid,
        }
