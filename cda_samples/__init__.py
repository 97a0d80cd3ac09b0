"""Our CDA documents: `valid`, `faulty` and `catalogue.json`, written by ``python -m harness.samples build``."""
