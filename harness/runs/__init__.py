"""Runs started by the bench itself, for its console and its API: each in a thread, on a session of its own.

`manager` starts, leaves, resumes, cancels; `shown` is a run as JSON; `api` is ``/api/runs``.
"""

from harness.runs.manager import BadRun, Live, Runs

__all__ = ["BadRun", "Live", "Runs"]
