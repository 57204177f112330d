"""A command run in the foreground: signals reach it, and its exit code is ours."""

from __future__ import annotations

import ctypes
import signal
import subprocess
from collections.abc import Mapping, Sequence

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
    """To be started before there is any thread, and when the signals are held."""

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


def hold_signals() -> None:
    """From now on they wait until they are asked for; also in the end, when they are of no use."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _HEARD)
