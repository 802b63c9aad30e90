"""What the code server's fork server loads once, for every run that is forked from it.

A run that loads our code by itself is at it for longer than for a quiet customer's whole night, and keeps its own copy
of all of it in memory.
"""

import atexit
import gc
import os
import signal
from functools import partial

from sync_pipeline.adapters.pages.rendering import template
from sync_pipeline.definitions import defs

defs.get_repository_def()
template("run.html")  # jinja2 and its compiled templates, 0.2 s of a core

# A signal to stop goes to the whole process group: the runs have to hear it. Without the process they were forked from,
# the code server takes them for dead, and reports runs as failed that are about to park.
signal.signal(signal.SIGTERM, signal.SIG_IGN)
os.register_at_fork(after_in_child=partial(signal.signal, signal.SIGTERM, signal.SIG_DFL))

# What is there now stays for good: a collection in a run must not touch, and thereby copy, every page of it.
gc.freeze()
atexit.register(gc.unfreeze)  # or DuckDB's bindings report all of it as leaked
