"""The web console: server-rendered pages over the bench, one small script and one style sheet of our own.

``pages.py`` holds the routes, ``views.py`` what they show, ``templates/`` one file per page over ``base.html``,
``static/`` the script and the style sheet, ``texts/`` every word in French and English.
"""

from harness.console.pages import mount

__all__ = ["mount"]
