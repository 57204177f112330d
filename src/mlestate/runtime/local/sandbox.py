"""The walls around a job: which paths it sees, which variables it gets, how its command line reads.

With bubblewrap: name spaces of its own, no network but one socket, and a file system in which
nothing of the data directory exists but its own folder. Without: what uid and limits can do.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
from pathlib import Path, PurePosixPath

import msgspec

from . import inside, landlock
from .folder import Folder, Order

_INSIDE = PurePosixPath("/opt/mlestate")
_CERTIFICATES = "/etc/mlestate/ca.pem"
# Programs, libraries and what they need to know of the machine; none of it is anyone's secret.
_SYSTEM = (
    "/etc/alternatives",
    "/etc/fonts",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/mime.types",
    "/etc/nsswitch.conf",
    "/etc/ssl/certs",
)
_LINKS = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/shm")
_SHARED_MEMORY = 1 << 30


class View(msgspec.Struct, frozen=True):
    """Where the job finds things: the same folder has another name inside the walls."""

    code: str
    inputs: str
    outputs: str
    home: str
    temporary: str
    ca: str

    def input(self, name: str, rest: str = "") -> str:
        return str(PurePosixPath(self.inputs) / name / rest)

    def output(self, name: str) -> str:
        return str(PurePosixPath(self.outputs) / name)


def view(folder: Folder, bwrap: str) -> View:
    if bwrap:
        return View("/job/code", "/job/inputs", "/job/outputs", "/job/home", "/tmp", _CERTIFICATES)
    return View(
        str(folder.code),
        str(folder.inputs),
        str(folder.outputs),
        str(folder.home),
        str(folder.temporary),
        str(folder.ca),
    )


def command_line(folder: Folder, order: Order, plan: int) -> list[str]:
    """`plan` is the descriptor from which the launcher reads what to start."""
    launcher = [order.interpreter, "-I", "-S"]
    if not order.bwrap:
        return [*launcher, str(Path(inside.__file__)), str(plan)]
    return [*_walls(folder, order), "--", *launcher, str(_INSIDE / "inside.py"), str(plan)]


def environment(folder: Folder, order: Order) -> dict[str, str]:
    """Of bubblewrap and the launcher; by `HOME` a job's processes are known. Nothing of the job's
    own is in it: a variable such as `LD_PRELOAD` would take effect before the walls stand.
    """
    return {"HOME": view(folder, order.bwrap).home, "LANG": "C.UTF-8", "PATH": "/usr/bin:/bin"}


def plan(folder: Folder, order: Order) -> bytes:
    """What the launcher starts once the walls stand, and all that the job's processes inherit;
    nothing of ours is in it.
    """
    seen = view(folder, order.bwrap)
    variables = {
        "HOME": seen.home,
        "USER": "job",
        "LOGNAME": "job",
        "LANG": "C.UTF-8",
        "PATH": f"{order.environment}/bin:/usr/local/bin:/usr/bin:/bin",
        "VIRTUAL_ENV": order.environment,
        "TMPDIR": seen.temporary,
        "PYTHONUNBUFFERED": "1",
        "GIT_PYTHON_REFRESH": "quiet",
        **order.variables,
    }
    decided = {
        "argv": ["/bin/bash", "-c", order.command],
        "processes": [{**variables, **own} for own in order.processes],
        "alone": bool(order.bwrap or order.uid),
        "socket": str(_INSIDE / "api.sock") if order.bwrap else "",
        "port": order.network.port,
    }
    return json.dumps(decided).encode()


def _walls(folder: Folder, order: Order) -> list[str]:
    line = [order.bwrap, "--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts"]
    line += ["--unshare-cgroup-try", "--unshare-net", "--die-with-parent", "--new-session"]
    line += ["--hostname", "job", "--cap-drop", "ALL"]
    line += _system(order)
    line += ["--proc", "/proc", "--dev", "/dev"]
    line += ["--size", str(_SHARED_MEMORY), "--tmpfs", "/dev/shm"]
    line += ["--bind", str(folder.work), "/job", "--bind", str(folder.temporary), "/tmp"]
    line += ["--ro-bind", str(folder.inputs), "/job/inputs"]
    line += ["--ro-bind", order.environment, order.environment]
    line += ["--ro-bind", str(Path(inside.__file__)), str(_INSIDE / "inside.py")]
    line += ["--bind", str(folder.socket), str(_INSIDE / "api.sock")]
    line += _names(folder)
    return [*line, "--chdir", "/job/code"]


def _system(order: Order) -> list[str]:
    line = ["--ro-bind", "/usr", "/usr"]
    for path in _LINKS:
        if Path(path).is_symlink():
            line += ["--symlink", str(Path(path).readlink()), path]
        elif Path(path).is_dir():
            line += ["--ro-bind", path, path]
    for path in _SYSTEM:
        line += ["--ro-bind-try", path, path]
    if not order.interpreter.startswith("/usr/"):
        home = str(Path(order.interpreter).resolve().parent.parent)
        line += ["--ro-bind", home, home]
    return line


def _names(folder: Folder) -> list[str]:
    line = []
    for name in ("hosts", "passwd", "group"):
        line += ["--ro-bind", str(folder.path / name), f"/etc/{name}"]
    if folder.ca.exists():
        line += ["--ro-bind", str(folder.ca), _CERTIFICATES]
    return line


def write_names(folder: Folder, order: Order) -> None:
    """The names that exist inside: the API's, which are the loopback there, and the job's user."""
    uid = order.uid or os.getuid()
    hosts = ["127.0.0.1 localhost job", *(f"127.0.0.1 {name}" for name in order.network.names)]
    _public(folder.path / "hosts", "\n".join(hosts) + "\n")
    _public(folder.path / "passwd", f"job:x:{uid}:{uid}::/job/home:/bin/bash\n")
    _public(folder.path / "group", f"job:x:{uid}:\n")


def _public(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o644)


def confine(folder: Folder, order: Order, memory_is_held: bool) -> None:
    """Between fork and exec: become the job's user, and give up what no job needs."""
    if order.uid:
        os.setgroups([])
        os.setresgid(order.uid, order.uid, order.uid)
        os.setresuid(order.uid, order.uid, order.uid)
    inside.no_new_privileges()
    os.umask(0o022)
    lower(resource.RLIMIT_CORE, 0)
    lower(resource.RLIMIT_NOFILE, 4096)
    lower(resource.RLIMIT_FSIZE, order.file_size)
    if order.uid:
        lower(resource.RLIMIT_NPROC, order.max_processes)
    if order.memory and not memory_is_held:
        lower(resource.RLIMIT_AS, order.memory)
    if _needs_landlock(order):
        _restrict(folder, order)


def _needs_landlock(order: Order) -> bool:
    """Bubblewrap does the same and more; within it, this would add nothing."""
    return not order.bwrap and landlock.version() > 0


def _restrict(folder: Folder, order: Order) -> None:
    home = str(Path(order.interpreter).resolve().parent.parent)
    read = ["/usr", "/etc", "/proc", "/sys/devices/system/cpu", *_LINKS, home, order.environment]
    read += [str(folder.inputs), str(folder.ca), str(Path(inside.__file__))]
    write = [str(folder.work), *_DEVICES]
    landlock.restrict(read, write, order.network.port)


def lower(what: int, value: int) -> None:
    """Both limits, but never above the hard limit there is."""
    _, hard = resource.getrlimit(what)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(what, (value, value))


def protections(order: Order, controllers: tuple[str, ...]) -> tuple[str, ...]:
    """Which walls stand, in words for the job's properties."""
    held = ["environment", "limits", "no-new-privileges"]
    if order.bwrap:
        held = ["namespaces", "filesystem", "network", *held]
    elif landlock.version():
        held.append("landlock")
    if order.uid:
        held.append("uid")
    return (*held, *(f"cgroup-{one}" for one in controllers))


def works(bwrap: str, uid: int) -> str:
    """Empty when bubblewrap can make a sandbox here, else why not."""
    line = [bwrap, "--unshare-user", "--unshare-pid", "--unshare-net", "--ro-bind", "/", "/"]
    line += ["--proc", "/proc", "--dev", "/dev"]
    tried = subprocess.run(
        [*line, "--", "/bin/true"],
        env={},
        capture_output=True,
        text=True,
        check=False,
        **({"user": uid, "group": uid, "extra_groups": []} if uid else {}),  # type: ignore[call-overload]
    )
    return "" if tried.returncode == 0 else " ".join(tried.stderr.split()) or "it failed silently"
