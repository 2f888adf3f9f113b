"""What the benchmark runs against each other: the model simulator, homes that point to it, the reference."""
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import urllib.request

import bench_process as bp

# The version whose figures docs/benchmarks.md gives; another one is another measurement.
REFERENCE_PACKAGE = "@openai/codex"
REFERENCE_VERSION = "0.169.0"

# Known to our catalogue. To the reference it is some model: its request is then 44 KB long, with its own default model
# 59 KB, so that it has less to do than by itself.
MODEL = "gpt-5.2"

# Makes the requests of both programs about equally long; the same in tests/bench/turns_bench.cpp.
INSTRUCTION = "Read before you write, change no more than was asked for, and say what you did and why.\n"
INSTRUCTION_LINES = 420


class Simulator:
    """`troupe sim` as a process of its own, for a `with` statement."""

    def __init__(self, program, log_file=None, scenario=None):
        self._argv = [program, "sim", *([scenario] if scenario else ["--builtin", "plain"]), "--port", "0"]
        if log_file:
            self._argv += ["--log", log_file]
        self._process = None
        self.base_url = ""

    def __enter__(self):
        self._process = bp.spawn(self._argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.DEVNULL)
        first_line = self._process.stdout.readline().decode().strip()
        if not first_line.startswith("listening on "):
            raise bp.BenchError(f"the simulator does not start: {' '.join(map(str, self._argv))}")
        self.base_url = first_line.removeprefix("listening on ")
        return self

    def __exit__(self, *_):
        bp.stop(self._process)
        self._process.stdout.close()

    @property
    def pid(self):
        return self._process.pid

    def cpu_ms(self):
        return bp.cpu_ms(self._process.pid)

    def peak_rss_kb(self):
        return bp.peak_rss_kb(self._process.pid)

    def stats(self):
        """What /sim/stats tells."""
        with urllib.request.urlopen(self.base_url.removesuffix("/v1") + "/sim/stats", timeout=30) as answer:
            return json.load(answer)


class Home:
    """A fresh CODEX_HOME with an empty workspace, whose provider is the simulator."""

    def __init__(self, folder, base_url, settings="", features=""):
        self.workspace = folder / "work"
        self._home, self._user = folder / "home", folder / "user"
        for x in (self.workspace, self._home, self._user):
            x.mkdir(parents=True)
        (self._home / "config.toml").write_text(
            f'model = "{MODEL}"\nmodel_provider = "sim"\n{settings}\n[features]\n{features}\n'
            f'[model_providers.sim]\nname = "sim"\nbase_url = "{base_url}"\nwire_api = "responses"\n',
            encoding="utf-8")

    @property
    def environment(self):
        """This process's without what would lead a program to another home, key or log level."""
        result = {k: v for k, v in os.environ.items() if not k.startswith(("CODEX", "OPENAI", "RUST_"))}
        return result | {"HOME": str(self._user), "CODEX_HOME": str(self._home)}


def own_home(folder, base_url):
    folder.mkdir(parents=True)
    instructions = folder / "instructions.md"
    instructions.write_text(INSTRUCTION * INSTRUCTION_LINES, encoding="ascii")
    return Home(folder, base_url, settings=f'model_instructions_file = "{instructions}"')


def reference_home(folder, base_url, shell_snapshot):
    return Home(folder, base_url, features=f"shell_snapshot = {'true' if shell_snapshot else 'false'}")


def cache_folder():
    base = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(os.environ.get("TROUPE_CACHE") or pathlib.Path(base) / "troupe")


def find_reference():
    """The reference's program, installed into the cache when it is not there yet; raises BenchError."""
    folder = cache_folder() / "npm" / f"codex-{REFERENCE_VERSION}"
    return _native_program(folder) or _install_reference(folder)


def _native_program(folder):
    """The program itself: the command `codex` is a script that first starts Node.js."""
    found = sorted(folder.glob("node_modules/@openai/codex-*/vendor/*/bin/codex"))
    return found[0] if found else None


def _install_reference(folder):
    npm = shutil.which("npm")
    if not npm:
        raise bp.BenchError("npm is not installed")
    bp.say(f"installing {REFERENCE_PACKAGE}@{REFERENCE_VERSION} from npm into {folder}")
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "install.log"
    with open(log, "wb") as output:
        child = bp.spawn([npm, "install", "--prefix", folder, "--no-audit", "--no-fund", "--no-save",
                          f"{REFERENCE_PACKAGE}@{REFERENCE_VERSION}"],
                         stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        child.wait()
        bp.stop(child)
    program = _native_program(folder)
    if child.returncode != 0 or not program:
        raise bp.BenchError(f"{REFERENCE_PACKAGE} could not be installed (log: {log})")
    return program


HELD_SCENARIO = """\
name = "held"
hold_until_open = {streams}
[[rule]]
reply = [{{ message = "All of them were here." }}]
"""


def held_scenario(file, streams):
    """A scenario whose streams go on when so many are open at once."""
    file.write_text(HELD_SCENARIO.format(streams=streams), encoding="ascii")
    return file


def request_bytes(log_file):
    """Median size of the bodies of the model requests that a simulator has logged."""
    sizes = []
    for line in log_file.read_text(encoding="utf-8").splitlines():
        request = json.loads(line)
        if request["method"] == "POST" and request["path"].endswith("/responses"):
            sizes += [int(value) for name, value in request["headers"] if name.lower() == "content-length"]
    if not sizes:
        raise bp.BenchError(f"no model request in {log_file}")
    return statistics.median(sizes)
