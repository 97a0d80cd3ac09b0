"""Ports of the machine: which are free, and the error that names one that is not."""

from __future__ import annotations

import errno
import os
import socket


class PortTaken(OSError):
    """A port of the table is held by another program."""

    def __init__(self, name: str, port: int) -> None:
        super().__init__(f"port {port} ({name}) is taken")
        self.name, self.port = name, port


def held(error: OSError) -> bool:
    """Whether a port could not be opened because another program holds it (Windows keeps some for itself, too)."""
    return error.errno == errno.EADDRINUSE or (os.name == "nt" and error.errno == errno.EACCES)


def is_free(host: str, port: int) -> bool:
    """Whether nothing holds that port at this address right now."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
