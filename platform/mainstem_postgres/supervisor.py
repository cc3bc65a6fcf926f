"""A small process that runs one PostgreSQL server exactly as long as its owner lives.

It runs as a program of its own, `python -I -S supervisor.py ORDER`, with the standard
library alone. Its standard input is a pipe that the owner holds open: when the owner closes it,
or dies in whatever way, the pipe ends and the server is stopped. As parent of the server it also
reaps it, so no zombie stands in the way of the next start, and starts it again when something
killed it. Should this supervisor itself be killed, the kernel sends the server its stop signal.
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

STOP_FAST, STOP_NOW = signal.SIGINT, signal.SIGQUIT
_PR_SET_PDEATHSIG = 1
_DEATHS_A_MINUTE_MAX = 5
_RESTART_SECONDS = 30.0


class Supervisor:
    def __init__(self, order: dict[str, Any]) -> None:
        self.order = order
        self.server: subprocess.Popen[bytes] | None = None
        self.deaths: list[float] = []
        self.children, wake = os.pipe()
        os.set_blocking(self.children, False)
        os.set_blocking(wake, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self.asked_to_stop = False
        for wish in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(wish, self._stop_wished)

    def _stop_wished(self, *_: object) -> None:
        self.asked_to_stop = True

    def supervise(self) -> int:
        """Run the server until the owner is gone; 0 when it was stopped as wished."""
        self.start()
        while True:
            self._wait(None)
            if self.asked_to_stop or self._owner_is_gone():
                return self.stop()
            assert self.server is not None
            status = self.server.poll()
            if status is not None and not self.restart(status):
                return 1

    def start(self) -> None:
        account = self.order["account"]
        as_user = {"user": account[0], "group": account[1], "extra_groups": []} if account else {}
        with Path(self.order["log"]).open("ab") as log:
            self.server = subprocess.Popen(  # noqa: S603
                self.order["command"],
                cwd="/",
                env=self.order["environment"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # The lock lives in the server and in each of its backends: it is free only when
                # the last of them is gone, whoever was killed in between.
                pass_fds=self.order["inherited"],
                preexec_fn=_die_with_parent,  # safe: this process has one thread
                umask=0o077,
                **as_user,
            )
        _tell(f"started {self.server.pid}")

    def restart(self, status: int) -> bool:
        """True when the killed server runs again; one that ended by itself stays down."""
        if status >= 0:
            _tell(f"ended {status}")
            return False
        now = time.monotonic()
        self.deaths = [death for death in self.deaths if now - death < 60] + [now]
        if len(self.deaths) > _DEATHS_A_MINUTE_MAX:
            _tell(f"ended {status}")
            return False
        self.note(f"The server was killed by signal {-status} and is started again.")
        until = now + _RESTART_SECONDS
        while not self.asked_to_stop and time.monotonic() < until:
            self.start()
            assert self.server is not None
            # Backends of the killed server may need a moment to notice; the new one refuses to
            # start beside them, so a quick end here means: try again.
            self._wait(1.0)
            if self.server.poll() is None:
                return True
            if self._owner_is_gone():
                break
            time.sleep(0.25)
        return self.asked_to_stop or self._owner_is_gone()

    def stop(self) -> int:
        """Stop the server: politely, then at once, then by force. 0 when politeness was enough."""
        assert self.server is not None
        grace = float(self.order["grace_seconds"])
        for number, patience in ((STOP_FAST, grace), (STOP_NOW, 5.0), (signal.SIGKILL, 5.0)):
            if self.server.poll() is not None:
                break
            self.server.send_signal(number)
            try:
                self.server.wait(patience)
            except subprocess.TimeoutExpired:
                self.note(f"The server did not stop on signal {int(number)}.")
        for folder in self.order["remove"]:
            shutil.rmtree(folder, ignore_errors=True)
        return 0 if self.server.poll() == 0 else 1

    def note(self, sentence: str) -> None:
        with Path(self.order["log"]).open("a", encoding="utf-8") as log:
            log.write(f"{time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime())} UTC {sentence}\n")

    def _wait(self, seconds: float | None) -> None:
        """Sleep until the owner's pipe ends, a child ends, or a signal comes."""
        server_ended = self.server is not None and self.server.poll() is not None
        if self.asked_to_stop or server_ended:
            return
        select.select([sys.stdin, self.children], [], [], seconds)
        try:
            os.read(self.children, 4096)
        except BlockingIOError:
            return

    def _owner_is_gone(self) -> bool:
        readable, _, _ = select.select([sys.stdin], [], [], 0)
        return bool(readable) and os.read(sys.stdin.fileno(), 1) == b""


def _die_with_parent() -> None:
    # After the change of user, which would clear it. Elsewhere than on Linux only the pipe serves.
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, int(STOP_FAST), 0, 0, 0)


def _tell(line: str) -> None:
    try:
        os.write(1, f"{line}\n".encode())
    except OSError:  # the owner is gone; its pipe's end is read next
        return


if __name__ == "__main__":
    sys.exit(Supervisor(json.loads(sys.argv[1])).supervise())
