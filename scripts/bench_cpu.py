"""The CPU of a tree of processes. A control group counts all of it; without one, what was reaped is: a process whose parent
waits for nobody is lost then, with all that ran below it (in a sandbox of the reference's four fifths)."""
import contextlib
import ctypes
import os
import pathlib
import resource
import time

PR_SET_CHILD_SUBREAPER = 36


def become_reaper():
    """Processes that outlive their parent below us become our children, so that their CPU is not lost."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _seconds(who):
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def _reap(known):
    """Waits for the ended children that are nobody's."""
    while True:
        with contextlib.suppress(ChildProcessError):
            found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if found is not None and found.si_pid not in known:
                os.waitpid(found.si_pid, 0)
                continue
        return


def _own_group():
    """The folder of the control group (version 2) that we are in; None: there is none."""
    with contextlib.suppress(OSError, StopIteration):
        where = next(x.rstrip("\n").removeprefix("0::/") for x in open("/proc/self/cgroup", encoding="utf-8")
                     if x.startswith("0::"))
        mount = next(fields[1] for fields in map(str.split, open("/proc/mounts", encoding="utf-8"))
                     if fields[2] == "cgroup2")
        return pathlib.Path(mount) / where
    return None


@contextlib.contextmanager
def _group():
    """We and what we start meanwhile are in a control group of our own. Yields what tells its CPU in seconds, or None."""
    outer = _own_group()
    inner = outer and outer / f"bench-{os.getpid()}"
    try:
        if inner is None:
            raise OSError
        inner.mkdir(exist_ok=True)
        (inner / "cgroup.procs").write_text("0", encoding="ascii")
    except OSError:
        yield None
        return

    def seconds():
        lines = (inner / "cpu.stat").read_text(encoding="ascii").splitlines()
        return int(dict(x.split() for x in lines)["usage_usec"]) / 1e6

    try:
        yield seconds
    finally:
        (outer / "cgroup.procs").write_text("0", encoding="ascii")
        with contextlib.suppress(OSError):  # something lives on
            inner.rmdir()


@contextlib.contextmanager
def tree_figures(known=()):
    """Fills in the CPU and the time of the processes that are started and ended within; `known`: children from before."""
    figures = {}
    with _group() as group:
        count = group or (lambda: _seconds(resource.RUSAGE_CHILDREN))
        own = (lambda: _seconds(resource.RUSAGE_SELF)) if group else (lambda: 0)
        cpu, begin = count() - own(), time.monotonic()
        yield figures
        figures["seconds"] = time.monotonic() - begin
        _reap(known)
        figures["cpu_seconds"] = count() - own() - cpu
