"""What uses the mocks: bench, scenarios, drives, reports, console, commands."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("segur-harness")
except PackageNotFoundError:  # run from a bare checkout
    __version__ = "0+unknown"
