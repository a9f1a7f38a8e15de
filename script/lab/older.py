"""The program as it was before the newest migration."""

import os
import pathlib
import subprocess
import sys

from lab.node import REPOSITORY

MIGRATIONS = "migrations/postgres"


def git(*arguments):
    done = subprocess.run(["git", *arguments], cwd=REPOSITORY, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"git {' '.join(arguments)} failed: {done.stderr}")
    return done.stdout.strip()


def schema():
    """The number of the newest migration, and its file."""
    files = (REPOSITORY / MIGRATIONS).glob("V*__*.sql")
    return max((int(file.name[1:].split("__")[0]), file.name) for file in files)


def before_newest_migration():
    """The commit before the one that brought it."""
    file = schema()[1]
    brought = git("log", "--diff-filter=A", "--format=%H", "--", f"{MIGRATIONS}/{file}").splitlines()
    if not brought:
        sys.exit(f"git does not know which commit brought {file}: is this a shallow clone? Give --old-binary")
    return git("rev-parse", "--short", f"{brought[-1]}^")


def build():
    """The commit and its program, built if it is not there yet: some minutes, below target/older."""
    commit = before_newest_migration()
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or REPOSITORY / "target")
    source, built = target.absolute() / "older" / commit, target.absolute() / "older/target"
    if not (source / "Cargo.toml").exists():
        source.mkdir(parents=True, exist_ok=True)
        archive = subprocess.Popen(["git", "archive", commit], cwd=REPOSITORY, stdout=subprocess.PIPE)
        subprocess.run(["tar", "x", "-C", source], stdin=archive.stdout, check=True)
        if archive.wait() != 0:
            sys.exit(f"git archive {commit} failed")
    environment = {**os.environ, "CARGO_TARGET_DIR": str(built)}
    subprocess.run(["cargo", "build", "--locked", "--bin", "ferrodesk"], cwd=source, env=environment, check=True)
    return commit, built / "debug/ferrodesk"
