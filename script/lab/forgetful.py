"""A folder that loses what was not synced when its power is cut: script/lab/forgetful, a program of its own."""

import collections
import contextlib
import os
import pathlib
import subprocess
import sys

from lab.node import REPOSITORY
from lab.packages import ensure

PACKAGE = REPOSITORY / "script/lab/forgetful"
Loss = collections.namedtuple("Loss", "pages names")


def built():
    """The program, built if it is not."""
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or "target")
    # The working folder may be any; cargo's own is the repository. A target folder of its own, because another lock file
    # would have crates that both need built anew each time.
    target = (target if target.is_absolute() else REPOSITORY / target) / "forgetful"
    command = ["cargo", "build", "--quiet", "--locked", "--manifest-path", PACKAGE / "Cargo.toml"]
    subprocess.run([*command, "--target-dir", target], check=True)
    return target / "debug/forgetful"


class Forgetful:
    """Such a folder, mounted from start() to stop(); whoever works in it must have ended before on() and stop()."""

    def __init__(self, folder, seed=None):
        if os.geteuid() != 0:
            # Who is not root mounts by its fusermount3.
            ensure("fuse3")
        if not pathlib.Path("/dev/fuse").exists():
            sys.exit("there is no /dev/fuse: this kernel, or container, has no FUSE")
        self.folder, self.seed, self.process = pathlib.Path(folder), seed, None

    def start(self):
        self.folder.mkdir()
        command = [built(), self.folder, *([] if self.seed is None else [str(self.seed)])]
        # It ends by itself, and unmounts, when we are gone and its standard input with us. A Ctrl-C is for us alone.
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "process_group": 0}
        self.process = subprocess.Popen(command, **pipes)
        print(self._line(), file=sys.stderr)

    def stop(self):
        if self.process:
            with contextlib.suppress(BrokenPipeError):
                self.process.stdin.close()
            self.process.wait()

    def cut(self):
        """Cuts the power: from now on every call fails."""
        self._ask("cut")

    def on(self):
        """Puts it on again, with what is left; gives how many pages and names are not."""
        return Loss(*map(int, self._ask("on").split()))

    def lie(self):
        """From now on syncs do nothing, and say that they did."""
        self._ask("lie")

    def fail(self, count, text):
        """Has the next `count` syncs of what has the text in its path fail; none if it is 0."""
        self._ask(f"fail {count} {text}")

    def _ask(self, command):
        print(command, file=self.process.stdin, flush=True)
        return self._line()

    def _line(self):
        line = self.process.stdout.readline()
        if not line:
            sys.exit("the forgetful folder is gone")
        return line.strip()
