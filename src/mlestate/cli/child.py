"""A command run in the foreground: signals reach it, and its exit code is ours."""

from __future__ import annotations

import ctypes
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

# Those that ask a program for something. What the terminal sends goes to its whole group anyway.
_PASSED = {
    signal.SIGINT,
    signal.SIGTERM,
    signal.SIGHUP,
    signal.SIGQUIT,
    signal.SIGUSR1,
    signal.SIGUSR2,
}
_HEARD = {*_PASSED, signal.SIGCHLD}
_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of <linux/prctl.h>
# Loaded here, because it is called between fork and exec.
_LIBC = ctypes.CDLL(None)


class Child:
    """To be started before there is any thread, and while the signals are `held`."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]):
        before = signal.pthread_sigmask(signal.SIG_BLOCK, ())

        def prepare() -> None:
            signal.pthread_sigmask(signal.SIG_SETMASK, before - _HEARD)
            # Without us it could reach nothing.
            _LIBC.prctl(_DEATH_SIGNAL, signal.SIGTERM)

        self._process = subprocess.Popen(command, env=environment, preexec_fn=prepare)

    def wait(self) -> int:
        """The exit code; 128 and the number for one that a signal has ended, as shells say it."""
        while (code := self._process.poll()) is None:
            heard = signal.sigwaitinfo(_HEARD)
            # Codes above zero are of the kernel: it told the whole group, the command included.
            if heard.si_signo in _PASSED and heard.si_code <= 0:
                self._process.send_signal(heard.si_signo)
        return code if code >= 0 else 128 - code


@contextmanager
def held() -> Iterator[None]:
    """Signals wait until they are asked for."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _HEARD)
    try:
        yield
    finally:
        while signal.sigtimedwait(_HEARD, 0):
            pass
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
