"""What uses the mocks: bench, scenarios, drives, reports, console, commands."""


def version() -> str:
    """The version of segur-harness that is installed, ``0+unknown`` from a bare checkout."""
    from importlib.metadata import PackageNotFoundError, version  # costs 70 ms: only when asked

    try:
        return version("segur-harness")
    except PackageNotFoundError:
        return "0+unknown"
