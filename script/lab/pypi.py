"""Programs from PyPI, at the versions given, in an environment of their own below the target folder."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def programs(name, packages):
    """Installs `packages`, one a line, unless they are there, and gives the folder of their programs. All that they need must be
    named: nothing else is installed, and only packages that are built already."""
    target = Path(os.environ.get("CARGO_TARGET_DIR") or "target")
    # The working folder may be any; cargo's own is the repository.
    target = target if target.is_absolute() else ROOT / target
    target.mkdir(parents=True, exist_ok=True)
    venv = target / f"{name}-venv"
    mark = venv / "installed.txt"
    with open(target / f"{name}-venv.lock", "w") as lock:
        # Two runs at once would install over each other.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (mark.is_file() and mark.read_text() == packages):
            print(f"installing {name}", file=sys.stderr)
            subprocess.run([sys.executable, "-m", "venv", "--clear", venv], check=True, stdout=sys.stderr)
            pip = [venv / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            options = ["--no-deps", "--only-binary=:all:", *packages.split()]
            subprocess.run([*pip, *options], check=True, stdout=sys.stderr)
            # Last: it says that the installation is whole.
            mark.write_text(packages)
    return venv / "bin"
