"""The reference software: a small, honest health software (LPS) that meets the INS rules, with switchable defects.

It is the example of a software driven by the test-driver API, and the proof that the scenarios can be passed and can
fail. It runs as its own process (``python -m harness.drive.reference``) and shares only ``norms`` with the bench.
"""
