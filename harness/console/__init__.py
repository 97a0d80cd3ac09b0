"""The web console: server-rendered pages over the bench, one small script and one style sheet of our own.

``pages.py`` holds what every page shares and the pages over exchanges and world, ``scenario_pages.py``,
``mail_pages.py``, ``run_pages.py`` and ``guide_pages.py`` the others; ``views.py`` and ``run_views.py`` what they show,
``templates/`` one file per page over ``base.html``, ``static/`` the script and the style sheet, ``texts/`` every word
in both languages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import FastAPI

from harness.console import guide_pages, mail_pages, pages, run_pages, scenario_pages

if TYPE_CHECKING:
    from harness.bench import Bench


def mount(app: FastAPI, bench: Bench) -> None:
    """Add every page to the application of the control API."""
    for section in (pages, mail_pages, scenario_pages, run_pages, guide_pages):
        section.mount(app, bench)


__all__ = ["mount"]
