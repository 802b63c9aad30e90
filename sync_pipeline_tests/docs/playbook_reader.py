"""Who follows the playbook types a few commands of the system, too."""

import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from sync_pipeline_tests.docs.tutorial import Reader


@dataclass
class OnCall(Reader):
    """`pasted` is what they have at hand where a command waits for it, such as a new token."""

    pasted: str = ""

    def type(self, line: str) -> str:
        match shlex.split(line):
            case ["cat", ">", name]:
                Path(name).write_text(f"{self.pasted}\n", encoding="utf-8")
            case ["rm", *names]:
                for name in names:
                    Path(name).unlink()
            case ["dagster-daemon", "liveness-check"]:
                program = Path(sys.executable).with_name("dagster-daemon")
                return subprocess.run([program, "liveness-check"], capture_output=True, text=True, check=False).stdout
            case _:
                return super().type(line)
        return ""
