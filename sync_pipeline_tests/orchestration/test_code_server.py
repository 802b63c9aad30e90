"""What the code server forks its runs from."""

import json
import subprocess
import sys
from pathlib import Path

# A program of its own: a process has one fork server, and that of the tests has loaded something else.
TWO_RUNS = """
import json, os, signal, sys
from sync_pipeline.orchestration.code_server import forking

def look(answers):
    hears = signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    loaded = "sync_pipeline.definitions" in sys.modules
    answers.put([os.getppid(), loaded, hears, len(os.listdir("/proc/self/task"))])

if __name__ == "__main__":
    context = forking()
    seen = []
    for _ in range(2):
        answers = context.Queue()
        context.Process(target=look, args=[answers]).start()
        seen.append(answers.get(timeout=60))
        os.kill(seen[0][0], signal.SIGTERM)
    print(json.dumps(seen))
"""


def test_runs_come_with_our_code_from_one_process_that_a_signal_to_all_of_them_does_not_end(tmp_path: Path) -> None:
    program = tmp_path / "two_runs.py"
    program.write_text(TWO_RUNS, encoding="utf-8")
    done = subprocess.run([sys.executable, program], check=True, capture_output=True, text=True, cwd=tmp_path)
    first, second = json.loads(done.stdout)
    assert first == second
    _, loaded, hears_signals, threads = first
    assert (loaded, hears_signals, threads) == (True, True, 1)
    assert done.stderr == ""
