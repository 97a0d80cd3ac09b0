"""Conformance scenarios, a YAML file each, by domain; their form is ``schema.json``, their ids are in ``ids.lock``."""
