"""Guiding a person through scenarios: what he is told, what he gives back, kept in the run's folder as it comes.

`model` is what is shown and what is answered, `gestures` words an action of the test-driver API for a person, `desk`
holds the current prompt and takes answers from any thread; the terminal (`harness.drive.guided.terminal`) and the
console (`harness.console.guide_pages`) are two fronts of the same desk.
"""
