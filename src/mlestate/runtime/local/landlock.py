"""Landlock: where bubblewrap is not to be had, the kernel still keeps a process to some paths and
ports. By the system calls themselves, since no C library wraps them.
"""

from __future__ import annotations

import ctypes
import errno
import os
import stat
import struct
from collections.abc import Iterable

# Of <linux/landlock.h>; the numbers of the calls are the same on every architecture.
_CREATE, _ADD, _RESTRICT = 444, 445, 446
_VERSION_FLAG, _PATH_RULE, _PORT_RULE = 1, 1, 2
_EXECUTE, _WRITE, _READ, _LIST = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_TRUNCATE, _IOCTL = 1 << 14, 1 << 15
_OF_A_FILE = _EXECUTE | _WRITE | _READ | _TRUNCATE | _IOCTL
_CONNECT = 1 << 1
# Rights that each version of the interface knows: 13 in the first, then one more now and then.
_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_LIBC = ctypes.CDLL(None, use_errno=True)


def version() -> int:
    """0 where the kernel has it not, or has it switched off."""
    try:
        return _call(_CREATE, None, 0, _VERSION_FLAG)
    except OSError as error:
        if error.errno in (errno.ENOSYS, errno.EOPNOTSUPP):
            return 0
        raise


def restrict(read: Iterable[str], write: Iterable[str], port: int) -> None:
    """From here on this process and its children reach these paths, and by TCP that port alone.

    `no_new_privs` must be set. What does not exist is passed over.
    """
    known = version()
    rights = (1 << _RIGHTS.get(known, 16)) - 1
    connect = _CONNECT if known >= 4 else 0
    # The third field keeps signals and abstract sockets to our own; older kernels lack it.
    fields = struct.pack("QQQ", rights, connect, 3 if known >= 6 else 0)
    size = 24 if known >= 6 else 16 if known >= 4 else 8
    rules = _call(_CREATE, fields, size, 0)
    for path in read:
        _allow(rules, path, _EXECUTE | _READ | _LIST)
    for path in write:
        _allow(rules, path, rights)
    if connect:
        _call(_ADD, rules, _PORT_RULE, struct.pack("QQ", _CONNECT, port), 0)
    _call(_RESTRICT, rules, 0)
    os.close(rules)


def _allow(rules: int, path: str, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, PermissionError):
        return
    if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
        rights &= _OF_A_FILE
    _call(_ADD, rules, _PATH_RULE, struct.pack("=Qi", rights, descriptor), 0)
    os.close(descriptor)


def _call(number: int, *arguments: int | bytes | None) -> int:
    result: int = _LIBC.syscall(ctypes.c_long(number), *map(_argument, arguments))
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def _argument(value: int | bytes | None) -> ctypes.c_long | ctypes.c_char_p:
    return ctypes.c_long(value) if isinstance(value, int) else ctypes.c_char_p(value)
