"""The process that stays when `mainstem run` is killed, and then ends what that had started.

It runs as a program of its own, with the standard library alone. On its standard input it is told
`watch GROUP` for each process group that begins and `forget GROUP` for each that has ended. When
the input ends, the supervisor is gone: what is still watched is asked to stop, then made to. It
holds the lock of the data folder meanwhile, so the next start waits until the ports are free.
"""

from __future__ import annotations

import os
import signal
import sys
import time

PATIENCE_SECONDS = 6.0


def main() -> None:
    # Ctrl-C and a closed terminal are for the supervisor; the reaper goes when the input ends.
    for wish in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(wish, signal.SIG_IGN)
    watched: set[int] = set()
    for line in sys.stdin:
        word, group = line.split()
        if word == "watch":
            watched.add(int(group))
        else:
            watched.discard(int(group))
    ask(watched, signal.SIGTERM)
    until = time.monotonic() + PATIENCE_SECONDS
    while watched and time.monotonic() < until:
        time.sleep(0.05)
        watched = {group for group in watched if is_there(group)}
    ask(watched, signal.SIGKILL)


def ask(groups: set[int], number: signal.Signals) -> None:
    for group in groups:
        try:
            os.killpg(group, number)
        except (ProcessLookupError, PermissionError):
            continue


def is_there(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return False
    return True


if __name__ == "__main__":
    main()
