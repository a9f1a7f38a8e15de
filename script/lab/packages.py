"""Debian packages that a script needs: installed if they are missing, without starting the services they bring."""

import os
import pathlib
import subprocess
import sys

PROGRAMS = {
    "etcd-server": "/usr/bin/etcd",
    "haproxy": "/usr/sbin/haproxy",
    "openssl": "/usr/bin/openssl",
    "patroni": "/usr/bin/patroni",
    "pgbouncer": "/usr/sbin/pgbouncer",
    "postgresql-15": "/usr/lib/postgresql/15/bin/postgres",
    "slowhttptest": "/usr/bin/slowhttptest",
    # Patroni speaks to etcd through it, but only recommends it.
    "python3-etcd": "/usr/lib/python3/dist-packages/etcd",
}

# Debian starts a service when its package is installed, and makes a cluster for PostgreSQL. Both files keep it from
# that, and are there only for as long; a policy that the machine has already is left alone.
INSTALL = """
policy=/usr/sbin/policy-rc.d
cluster=/etc/postgresql-common/createcluster.d/ferrodesk-lab.conf
mine=$cluster
trap 'rm -f $mine' EXIT
if [ ! -e $policy ]; then
    mine="$mine $policy"
    printf '#!/bin/sh\\nexit 101\\n' > $policy
    chmod 755 $policy
fi
mkdir -p "$(dirname $cluster)"
echo 'create_main_cluster = false' > $cluster
apt-get update -qq
apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 "$@"
"""


def ensure(*packages):
    """Installs those that are missing; what cannot be installed ends the run."""
    missing = [package for package in packages if not pathlib.Path(PROGRAMS[package]).exists()]
    if not missing:
        return
    print(f"installing {' '.join(missing)}", file=sys.stderr)
    root = [] if os.geteuid() == 0 else ["sudo"]
    command = [*root, "env", "DEBIAN_FRONTEND=noninteractive", "sh", "-euc", INSTALL, "install", *missing]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        sys.exit(f"{done.stdout}\ncannot install {' '.join(missing)}; see above")
