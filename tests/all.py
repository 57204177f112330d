"""Every test, as `make test` runs them: the checks, then pytest in one run.

`quick` runs the checks and the tests that start no estate, as `make check` does.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
CODE = ["src", "tests", "examples", "benchmarks"]
CHECKS = [
    ["ruff", "format", "--check", *CODE],
    ["ruff", "check", *CODE],
    ["mypy"],
    ["lint-imports", "--no-cache"],
    ["codespell", "src", "tests", "docs", "examples", "benchmarks", "README.md"],
    ["deptry", "src"],
]
QUICK = ["tests/unit", "tests/property", "tests/architecture"]


def main() -> int:
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    failed = [
        check[0] for check in CHECKS if subprocess.call([BIN / check[0], *check[1:]], cwd=ROOT)
    ]
    chosen = QUICK if sys.argv[1:] == ["quick"] else sys.argv[1:]
    tests = [sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadfile", *chosen]
    code = subprocess.call(tests, cwd=ROOT)
    if failed:
        print(f"checks failed: {', '.join(failed)}", file=sys.stderr)
    return code or len(failed)


if __name__ == "__main__":
    sys.exit(main())
