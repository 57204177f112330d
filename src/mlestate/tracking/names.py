"""Names for runs that came without one. The same run always gets the same."""

from __future__ import annotations

import zlib

# Quoted one by one they could not be read.
_KINDS = (  # noqa: SIM905
    "amused able bold brave bright calm clean clever crisp eager fair famous fast fearless fine "
    "funny gentle glad good grand happy honest jolly keen kind lively lucky merry mellow neat "
    "nimble noble polite proud quick quiet rare rich sharp silent smart sunny swift upbeat useful "
    "vivid warm wise witty"
).split()
_THINGS = (  # noqa: SIM905
    "ant ape bass bat bear bee bird boar calf carp cat chimp cod colt conch cow crab crane crow "
    "deer dog dove duck eel elk finch fish fly fox frog goat goose hare hawk hog horse jay kit "
    "koi lamb lark loon lynx mink mole moose mouse newt owl panda perch pig pug quail ram rat ray "
    "robin seal shad shark sheep shrew skunk slug smelt snail snake squid stag stork swan toad "
    "trout vole wasp whale wolf worm wren yak zebra"
).split()


def run_name(run_id: str) -> str:
    seed = zlib.crc32(run_id.encode())
    kind, thing = _KINDS[seed % len(_KINDS)], _THINGS[seed // 64 % len(_THINGS)]
    return f"{kind}-{thing}-{seed // 8192 % 1000}"
