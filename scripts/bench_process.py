"""Child processes of the benchmark: started in groups of their own, measured from /proc, ended for sure."""
import contextlib
import dataclasses
import os
import pathlib
import signal
import subprocess
import sys
import time

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
STOP_LIMIT_SECONDS = 10

_running = set()


class BenchError(Exception):
    """Something the benchmark needs did not work; the text says what."""


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def spawn(argv, **options):
    """A child with a process group of its own, so that everything it has started can be ended with it."""
    child = subprocess.Popen(argv, start_new_session=True, **options)
    _running.add(child)
    return child


def stop(child):
    """Asks the child to end, then ends its whole group."""
    if child.returncode is None:
        child.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(STOP_LIMIT_SECONDS)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    if child.returncode is None:
        child.wait()
    _running.discard(child)


def stop_all():
    for child in list(_running):
        stop(child)


@dataclasses.dataclass(frozen=True)
class Finished:
    """How a child that has run to its end spent its life."""
    exit_code: int
    seconds: float  # from before the start to the end
    cpu_ms: float  # of the child and of what it waited for
    peak_rss_kb: int
    written_bytes: int  # that it caused to be written to disk
    output: bytes


def run(argv, **options):
    """Runs a child to its end. Its stdout is read; stderr goes to a file that is read on failure."""
    begin = time.monotonic()
    child = spawn(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, **options)
    output = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.monotonic() - begin
    child.returncode = os.waitstatus_to_exitcode(status)
    child.stdout.close()
    stop(child)
    return Finished(exit_code=child.returncode, seconds=seconds,
                    cpu_ms=(usage.ru_utime + usage.ru_stime) * 1000,
                    peak_rss_kb=usage.ru_maxrss, written_bytes=usage.ru_oublock * 512, output=output)


def cpu_ms(pid):
    """CPU time of a process and of its ended children so far."""
    stat = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    fields = stat.rsplit(")", 1)[1].split()  # the name before it may hold anything
    return sum(int(x) for x in fields[11:15]) * 1000 / TICKS_PER_SECOND


def _figure_of(path, key):
    for line in pathlib.Path(path).read_text(encoding="ascii", errors="replace").splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1])
    raise BenchError(f"{path} has no line {key}")


def private_kb(pid):
    """Memory that only this process uses."""
    rollup = f"/proc/{pid}/smaps_rollup"
    return _figure_of(rollup, "Private_Clean") + _figure_of(rollup, "Private_Dirty")


def peak_rss_kb(pid):
    return _figure_of(f"/proc/{pid}/status", "VmHWM")


def disk_bytes(pid):
    """Bytes this process and its ended children caused to be written to disk."""
    return _figure_of(f"/proc/{pid}/io", "write_bytes")
