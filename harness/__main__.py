"""``python -m harness`` is ``segur``."""

from harness.cli import main

if __name__ == "__main__":
    main()
