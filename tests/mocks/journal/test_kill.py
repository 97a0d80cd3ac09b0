"""What was acknowledged outlives the process: killed without warning, nothing that was answered is lost."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from mocks.journal import Journal

WRITER = """
import sys
from pathlib import Path
from mocks.journal import Exchange, Journal
journal = Journal(Path(sys.argv[1]))
for n in range(10**9):
    body = f"body {n} ".encode() * 200
    print(journal.record(Exchange("a", "insi", 1.0 + n, request_body=body)), flush=True)
"""


def test_every_acknowledged_exchange_survives_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "bench.db"
    root = Path(__file__).resolve().parents[3]
    last = 0
    for _ in range(2):  # the second round begins on what the first left
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, cwd=root)
        assert writer.stdout
        wanted = last + 700
        while last < wanted:
            last = int(writer.stdout.readline())
        writer.kill()
        said = [int(line) for line in writer.stdout.read().splitlines() if line.strip().isdigit()]
        writer.wait()
        acknowledged = max([last, *said[:-1]])  # the very last line may be cut
        reader = Journal.open_readonly(path)
        found = reader.list(limit=0)
        assert [x.id for x in found][:acknowledged] == list(range(1, acknowledged + 1))
        assert all(x.request_body.startswith(b"body ") and len(x.request_body) >= 1400 for x in found)
        reader.close()
        last = found[-1].id
