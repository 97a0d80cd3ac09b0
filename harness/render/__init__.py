"""A CDA document as a readable page: one HTML file, no script, nothing outside it."""

from harness.render.page import NotADocument, render

__all__ = ["NotADocument", "render"]
