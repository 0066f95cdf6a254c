"""What was checked goes to standard output: a line about the client first, then a
line of JSON for each check."""

import json
import platform
import time
import traceback
from contextlib import contextmanager

PATIENCE = 10.0  # seconds that something expected may take

_names: set[str] = set()
_failed: list[str] = []


def _say(**line):
    print(json.dumps(line, default=str), flush=True)


def begin(client: str, version: str):
    """Say which client is run."""
    _say(client=client, version=version, runtime=f"python {platform.python_version()}")


def _note(name: str, ok: bool, got, want):
    if name in _names:
        raise ValueError(f"two checks are called {name}")
    _names.add(name)
    if ok:
        _say(check=name, ok=True)
        return
    _failed.append(name)
    _say(check=name, ok=False, got=got, want=want)


def same(name: str, got, want):
    """Check that a value is the one that is wanted, in every part and of its type."""
    _note(name, json.dumps(got, sort_keys=True, default=str) == json.dumps(want, sort_keys=True, default=str), got, want)


def holds(name: str, ok: bool, got, want: str):
    """Check a property that is told in words."""
    _note(name, ok is True, got, want)


@contextmanager
def refused(name: str, error: type, code: int, text: str):
    """Check that what is done fails with an error of the library, its code and its text."""
    want = [error.__name__, code, text]
    got = "it was taken"
    try:
        yield
    except error as e:
        got = [type(e).__name__, e.code, e.message]
    _note(name, got == want, got, want)


@contextmanager
def part(name: str):
    """Run a part of the suite. What it raises is a failed check, for the checks after it are missing."""
    try:
        yield
    except Exception:  # whatever it is, the other parts are still of interest
        _note(f"{name} runs to its end", False, traceback.format_exc(), "no error")


def eventually(what: str, f, seconds: float = PATIENCE):
    """Wait until a function returns something, and return it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := f():
            return found
        time.sleep(0.01)
    raise TimeoutError(f"{what}: nothing within {seconds} s")


def end() -> int:
    """Return the exit code."""
    return 1 if _failed or not _names else 0
