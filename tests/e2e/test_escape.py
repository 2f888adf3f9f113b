"""Attempts to get out of the sandbox (escapes.py), as root and as an ordinary user: every one must be held, and outside nothing may
have changed."""
import ctypes
import json
import os
import pathlib
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import unittest

from provider import PROGRAM, LIMIT_S, ProgramTest, Provider, call, patch, reply, shell, tool

HERE = pathlib.Path(__file__).parent
ORDINARY = 65534
MIN_ATTEMPTS = 100
SYSTEM_FOLDERS = ("/etc", "/usr/bin", "/root", "/var/tmp", "/run", "/dev", "/", "/boot", "/opt", "/home")
LIBC = ctypes.CDLL(None, use_errno=True)


def python():
    return "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else sys.executable


class Outside:
    """What an agent must not reach: files, sockets, memory and a process."""

    def __init__(self, base, user):
        self.base = base
        self.home = base / "home"
        self.work = base / "work"
        self.outside = base / "outside"
        for folder in ("home/sessions", "work/nested/.git/hooks", "work/bare.git/objects", "work/bare.git/refs", "outside", "user/.ssh"):
            (base / folder).mkdir(parents=True)
        for file, text in (("home/config.toml", ""), ("home/auth.json", '{"OPENAI_API_KEY": "secret"}'), ("home/auth.json.lock", "secret"),
                           ("home/AGENTS.md", ""), ("work/nested/.git/config", ""), ("work/nested/.git/HEAD", "ref: refs/heads/x\n"),
                           ("work/bare.git/HEAD", "x"), ("work/bare.git/config", ""), ("outside/file", "untouched"),
                           ("user/.ssh/id", "secret")):
            (base / file).write_text(text)
        name = f"troupe-escape-{os.getpid()}"
        self.streams = [self.listen(socket.SOCK_STREAM, str(self.outside / "stream")), self.listen(socket.SOCK_STREAM, f"\0{name}-s")]
        self.datagrams = [self.listen(socket.SOCK_DGRAM, str(self.outside / "datagram")), self.listen(socket.SOCK_DGRAM, f"\0{name}-d")]
        self.port = socket.create_server(("127.0.0.1", 0))
        self.port.setblocking(False)
        self.shm = LIBC.shmget(0, 4096, 0o1666)
        self.shm_file = pathlib.Path("/dev/shm") / name
        self.shm_file.write_text("secret")
        self.victim = subprocess.Popen(["sleep", "600"])
        for path in (base, *base.rglob("*")):
            os.chown(path, user, -1)

    @staticmethod
    def listen(kind, address):
        result = socket.socket(socket.AF_UNIX, kind)
        result.bind(address)
        if kind == socket.SOCK_STREAM:
            result.listen()
        result.setblocking(False)
        return result

    def close(self):
        self.victim.kill()
        self.victim.wait()
        LIBC.shmctl(self.shm, 0, None)
        self.shm_file.unlink()
        for opened in (*self.streams, *self.datagrams, self.port):
            opened.close()
        shutil.rmtree(self.base, ignore_errors=True)

    def facts(self, writes, network):
        def names(sockets):
            return [x.getsockname() if isinstance(x.getsockname(), str) else "@" + x.getsockname()[1:].decode() for x in sockets]
        hidden = [str(self.base / "user/.ssh/id"), str(self.home / "auth.json")]
        if os.getuid() == 0:
            hidden.append("/etc/shadow")
        devices = os.getuid() != 0 or subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode == 0
        return {"devices": devices, "work": str(self.work), "outside": str(self.outside), "home": str(self.home), "writes": writes, "network": network,
                "hidden": hidden, "stream_sockets": names(self.streams), "datagram_sockets": names(self.datagrams),
                "port": self.port.getsockname()[1], "shm": self.shm, "shm_file": self.shm_file.name, "victim": self.victim.pid}

    def traces(self, network):
        """What is not as it was."""
        found = []
        if (self.outside / "file").read_text() != "untouched":
            found.append("outside/file was written")
        names = {x.name for x in self.outside.iterdir()}
        if names != {"file", "stream", "datagram"}:
            found.append(f"outside holds {names}")
        if stat.S_IMODE((self.outside / "file").stat().st_mode) & 0o111:
            found.append("outside/file has another mode")
        for folder in SYSTEM_FOLDERS:
            if os.path.exists(os.path.join(folder, "troupe-escape")):
                found.append(f"{folder}/troupe-escape was made")
        for file in ("home/config.toml", "home/AGENTS.md", "work/nested/.git/config", "work/bare.git/config"):
            if not (self.base / file).exists() or (self.base / file).read_text():
                found.append(f"{file} was changed")
        for name in (".git", ".codex", ".agents"):
            if os.path.lexists(self.work / name):
                found.append(f"work/{name} is there")
        for path in self.base.rglob("*"):
            if not path.is_symlink() and path.is_file() and path.stat().st_mode & 0o6000:
                found.append(f"{path} has a set-id bit")
        for heard in (*self.streams, *([] if network else [self.port])):
            if self.hears(heard.accept):
                found.append(f"{heard} was connected to")
        for heard in self.datagrams:
            if self.hears(lambda heard=heard: heard.recv(100)):
                found.append(f"{heard} got a message")
        if self.victim.poll() is not None:
            found.append("the process outside was ended")
        return found

    @staticmethod
    def hears(wait):
        try:
            wait()
        except BlockingIOError:
            return False
        return True


class Escaping(unittest.TestCase):
    def attempt(self, user, mode, network):
        base = pathlib.Path(tempfile.mkdtemp(prefix="troupe-escape-", dir="/var/tmp"))
        base.chmod(0o755)
        program = base / "troupe"
        shutil.copy(PROGRAM, program)  # where an ordinary user may be
        shutil.copy(HERE / "escapes.py", base / "escapes.py")
        outside = Outside(base, user)
        self.addCleanup(outside.close)
        facts = outside.facts(mode == "workspace-write", network)
        (base / "facts").write_text(json.dumps(facts))
        os.chmod(base / "facts", 0o644)
        command = f'{python()} {base}/escapes.py "$(cat {base}/facts)"'
        provider = Provider(tool(call("exec_command", {"cmd": "true", "login": False})),
                            tool(call("exec_command", {"cmd": command, "login": False, "yield_time_ms": 30000}, "call_2")), reply("done"))
        self.addCleanup(provider.close)
        options = ["-c", 'model_provider="mock"', "-c", 'model_providers.mock.name="mock"',
                   "-c", f'model_providers.mock.base_url="{provider.url}"', "-c", "sandbox_workspace_write.exclude_slash_tmp=true",
                   "-c", f"sandbox_workspace_write.network_access={json.dumps(network)}"]
        environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(base / "user"), "CODEX_HOME": str(outside.home), "LANG": "C.UTF-8"}
        as_user = {"user": user, "group": user, "extra_groups": []} if user != os.getuid() else {}
        result = subprocess.run([str(program), "exec", "--json", "--skip-git-repo-check", "-s", mode, *options, "go"],
                                stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=outside.work, env=environment,
                                timeout=LIMIT_S, **as_user)
        first = json.dumps(provider.requests[1]["json"]["input"][-1]) if len(provider.requests) > 1 else result.stderr
        if "the sandbox cannot be set up" in first or "the sandbox needs bubblewrap" in first:
            self.skipTest(f"no sandbox can be set up here for user {user}: {first}")
        output = "".join(x["item"]["aggregated_output"] for x in map(json.loads, result.stdout.splitlines())
                         if x["type"] == "item.completed" and x["item"]["type"] == "command_execution")
        lines = output.splitlines()
        held = [x for x in lines if x.endswith(" held")]
        self.assertEqual([x for x in lines if x not in held], [])
        self.assertGreaterEqual(len(held), MIN_ATTEMPTS)
        self.assertEqual(outside.traces(network), [])

    def as_root(self, mode, network):
        if os.getuid() != 0:
            self.skipTest("needs root")
        self.attempt(0, mode, network)

    def as_ordinary(self, mode, network):
        self.attempt(ORDINARY if os.getuid() == 0 else os.getuid(), mode, network)

    def test_root_in_a_workspace(self):
        self.as_root("workspace-write", network=False)

    def test_root_in_a_workspace_with_network(self):
        self.as_root("workspace-write", network=True)

    def test_root_that_only_reads(self):
        self.as_root("read-only", network=False)

    def test_an_ordinary_user_in_a_workspace(self):
        self.as_ordinary("workspace-write", network=False)

    def test_an_ordinary_user_in_a_workspace_with_network(self):
        self.as_ordinary("workspace-write", network=True)

    def test_an_ordinary_user_that_only_reads(self):
        self.as_ordinary("read-only", network=False)


class OwnPrograms(unittest.TestCase):
    """What runs outside of the sandbox is nothing that an agent may have written."""

    def attempt(self, user):
        base = pathlib.Path(tempfile.mkdtemp(prefix="troupe-escape-", dir="/var/tmp"))
        self.addCleanup(shutil.rmtree, base, ignore_errors=True)
        work, home = base / "work", base / "home"
        (work / "bin").mkdir(parents=True)
        home.mkdir()
        program = work / "troupe"
        shutil.copy(PROGRAM, program)
        for path in (base, *base.rglob("*")):
            os.chown(path, user, user)
        mark = base / "ran"

        def run(mode, *answers, **environment):
            provider = Provider(*answers, reply("done"))
            self.addCleanup(provider.close)
            options = ["-c", 'model_provider="mock"', "-c", 'model_providers.mock.name="mock"',
                       "-c", f'model_providers.mock.base_url="{provider.url}"', "-c", "sandbox_workspace_write.exclude_slash_tmp=true"]
            as_user = {"user": user, "group": user, "extra_groups": []} if user != os.getuid() else {}
            result = subprocess.run([str(program), "exec", "--skip-git-repo-check", "-s", mode, *options, "go"], cwd=work,
                                    stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LIMIT_S, **as_user,
                                    env={"PATH": f"{work}/bin:/usr/bin:/bin", "HOME": str(home), "CODEX_HOME": str(home),
                                         "LANG": "C.UTF-8", **environment})
            self.assertFalse(mark.exists(), "a program of the agent's ran outside of the sandbox")
            return [x["json"]["input"][-1]["output"] for x in provider.requests[1:]], result.stderr

        plant = f"printf '#!/bin/sh\\ntouch {mark}\\nexec /usr/bin/bwrap \"$@\"' > bin/bwrap; chmod 755 bin/bwrap; echo planted"
        outputs, error = run("workspace-write", tool(shell(plant)), tool(shell("echo again", "call_2")))
        if "cannot be set up" in outputs[0] or "needs bubblewrap" in outputs[0]:
            self.skipTest(f"no sandbox can be set up here for user {user}: {outputs[0]}")
        self.assertIn("planted", outputs[0], error)
        (base / "link").symlink_to(work / "bin/bwrap")
        for mode in ("workspace-write", "read-only"):
            self.assertIn("it works", run(mode, tool(shell("echo it works")))[0][0])
            for named in (work / "bin/bwrap", base / "link"):
                outputs, error = run(mode, tool(shell("echo it works")), TROUPE_BWRAP=str(named))
                self.assertIn("lies where an agent may write", outputs[0])
                self.assertIn("lies where an agent may write", error)
        # The program itself: what applies a patch outside is not the file that has its name by then.
        replace = f"mv troupe old; printf '#!/bin/sh\\ntouch {mark}' > troupe; chmod 755 troupe"
        added = "*** Begin Patch\n*** Add File: made\n+x\n*** End Patch"
        run("danger-full-access", tool(shell(replace)), tool(patch(added, "call_2")))
        self.assertEqual((work / "made").read_text(), "x\n")

    def test_root(self):
        if os.getuid() != 0:
            self.skipTest("needs root")
        self.attempt(0)

    def test_an_ordinary_user(self):
        self.attempt(ORDINARY if os.getuid() == 0 else os.getuid())


class PrivateTmp(ProgramTest):
    def setUp(self):
        super().setUp()
        self.out = pathlib.Path(tempfile.mkdtemp(prefix="troupe-escape-", dir="/var/tmp"))
        self.addCleanup(shutil.rmtree, self.out, ignore_errors=True)

    def test_agents_of_a_run_share_no_tmp_and_cannot_touch_results(self):
        mark = pathlib.Path("/tmp") / f"troupe-escape-{os.getpid()}"
        mark.touch()
        self.addCleanup(mark.unlink)
        steps = (f"ls {mark}; ls -A /tmp; touch /tmp/mine", f"ls /tmp/mine; touch {self.out}/out/x {self.out}/out/results.jsonl $CODEX_HOME/x")
        provider = self.provider(*(tool(shell(x, f"c{i}")) for i, x in enumerate(steps)), reply("done"),
                                 *(tool(shell(x, f"c{i}")) for i, x in enumerate(steps)), reply("done"))
        tasks = self.base / "tasks.jsonl"
        tasks.write_text('{"id": "a", "prompt": "go"}\n{"id": "b", "prompt": "go"}\n')
        result = self.run_program("run", tasks, "--out", self.out / "out", "--concurrency", 1, *self.configured(provider))
        outputs = [x["output"] for request in provider.requests for x in request["json"]["input"] if x["type"] == "function_call_output"]
        if any("the sandbox" in x for x in outputs):
            self.skipTest("no sandbox can be set up here: " + outputs[0])
        self.assertEqual(result.returncode, 0, result.stderr)
        first, second = provider.requests[1]["json"]["input"][-1]["output"], provider.requests[2]["json"]["input"][-1]["output"]
        self.assertIn("No such file", first)
        self.assertNotIn("mine", first)
        self.assertNotIn("cannot access", second)
        self.assertEqual(second.count("Read-only file system"), 3, second)
        other = provider.requests[4]["json"]["input"][-1]["output"]
        self.assertNotIn("mine", other)
        self.assertEqual([x for x in (self.home / "tmp").iterdir()], [])


    def test_what_a_command_leaves_behind_makes_no_repository(self):
        """It lives on for a moment; below /tmp the folder of the thread goes at that time, too."""
        place = pathlib.Path(tempfile.mkdtemp(prefix="troupe-escape-", dir="/tmp"))
        self.addCleanup(shutil.rmtree, place, ignore_errors=True)
        racer = "import os\nwhile 1:\n try: os.rename(os.sys.argv[1], '.git'); break\n except OSError: pass"
        command = (f"for i in 1 2 3 4 5 6 7 8; do mkdir p$i; echo evil >p$i/config; {python()} -c \"{racer}\" p$i >/dev/null 2>&1 & done; "
                   "until [ $(ls /proc | grep -c '^[0-9]') -gt 9 ]; do :; done")
        tasks = self.base / "tasks.jsonl"
        tasks.write_text("".join(json.dumps({"id": f"t{i}", "prompt": "go"}) + "\n" for i in range(8)))
        provider = self.provider(*[x for i in range(8) for x in (tool(shell(command, f"c{i}")), reply("done"))])
        result = self.run_program("run", tasks, "--out", place / "out", "--concurrency", 1, "--sandbox", "workspace-write", *self.configured(provider))
        if "sandbox" in result.stderr:
            self.skipTest("no sandbox can be set up here: " + result.stderr)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(len(list(place.glob("out/workspaces/*/attempt-1/p8"))), 8)
        self.assertEqual([str(x) for x in place.glob("out/workspaces/*/attempt-1/.git/config")], [])


class Moving(ProgramTest):
    """What is covered by name, and names that lead elsewhere by the next command."""

    def setUp(self):
        super().setUp()
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="troupe-escape-", dir="/var/tmp"))
        self.addCleanup(shutil.rmtree, self.top, ignore_errors=True)
        self.work = self.top / "work"
        self.work.mkdir()

    def outputs(self, *steps, arguments=("exec", "--skip-git-repo-check", "-s", "workspace-write", "-c", "sandbox_workspace_write.exclude_slash_tmp=true")):
        provider = self.provider(*(tool(*x) for x in steps), reply("done"))
        result = self.run_program(*arguments, *self.configured(provider), *(("go",) if arguments[0] == "exec" else ()), cwd=self.work)
        self.assertTrue(provider.requests, result.stderr)
        found = [x["output"] for x in provider.requests[-1]["json"]["input"] if x["type"] == "function_call_output"]
        if not found or "the sandbox cannot be set up" in found[0] or "the sandbox needs" in found[0]:
            self.skipTest(f"no sandbox can be set up here: {found} {result.stderr}")
        return found

    def test_what_is_hidden_is_not_seen_by_another_name(self):
        keys = self.work / "state/keys"
        keys.mkdir(parents=True)
        (keys / "id").write_text("secret")
        (self.home / "config.toml").write_text(f'[sandbox]\nhidden = ["{keys}"]\n')
        first, second = self.outputs([shell("mv state s2", "c1")], [shell("cat state/keys/id; touch state/keys/made; rm -r state", "c2")])
        self.assertIn("busy", first)
        self.assertIn("No such file", second)
        self.assertTrue((keys / "id").exists())
        self.assertFalse((keys / "made").exists())

    def test_a_document_of_the_project_brings_no_login(self):
        (self.home / "auth.json").write_text('{"OPENAI_API_KEY": "sk-secret"}')
        self.outputs([shell(f"ln -s {self.home}/auth.json AGENTS.md; echo made")])
        provider = self.provider(reply("done"))
        result = self.run_program("exec", "--skip-git-repo-check", *self.configured(provider), "go", cwd=self.work)
        self.assertIn("AGENTS.md is a link that leads out of the project", result.stderr)
        self.assertNotIn("sk-secret", json.dumps(provider.requests[0]["json"]))
        self.assertEqual([x for x in self.rollouts() if "sk-secret" in x.read_text()], [])

    def test_the_next_start_finds_its_home_where_it_was(self):
        self.home = self.work / "a/b/home"
        self.home.mkdir(parents=True)
        settings = "sandbox_mode = \\\"danger-full-access\\\""
        moved = " || ".join(f"(mv {x} moved && mkdir -p a/b/home && echo '{settings}' >a/b/home/config.toml)" for x in ("a", "a/b", "a/b/home"))
        was = self.home.stat().st_ino
        (output,) = self.outputs([shell(f"{moved}; mkdir a/new; mv a/new a/b/new; echo done")])
        self.assertIn("busy", output)
        self.assertIn("done", output)
        self.assertEqual(self.home.stat().st_ino, was)
        self.assertTrue((self.work / "a/b/new").is_dir())
        self.assertFalse((self.home / "config.toml").exists())

    def test_results_below_a_working_folder_stay_where_they_are(self):
        tasks = self.top / "tasks.jsonl"
        tasks.write_text(json.dumps({"id": "a", "prompt": "go", "cwd": str(self.work), "sandbox": "workspace-write"}) + "\n")
        provider = self.provider(tool(shell(f"mv out moved; mkdir -p out; ln -s {self.base} out/results", "c1")), reply("done"))
        result = self.run_program("run", tasks, "--out", self.work / "out/results", *self.configured(provider))
        output = provider.requests[-1]["json"]["input"][-1]["output"]
        if "the sandbox" in output:
            self.skipTest("no sandbox can be set up here: " + output)
        self.assertIn("busy", output)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertTrue((self.work / "out/results/summary.json").is_file())
        self.assertFalse((self.base / "summary.json").exists())

    def test_a_link_that_cannot_be_kept_fails_a_run_with_the_reason(self):
        (self.work / "sub/store").mkdir(parents=True)
        (self.work / ".codex").symlink_to("sub/store")
        tasks = self.top / "tasks.jsonl"
        tasks.write_text(json.dumps({"id": "a", "prompt": "go", "cwd": str(self.work), "sandbox": "workspace-write"}) + "\n")
        added = "*** Begin Patch\n*** Add File: made\n+x\n*** End Patch"
        provider = self.provider(tool(shell("touch made", "c1"), patch(added, "c2")), reply("done"))
        result = self.run_program("run", tasks, "--out", self.top / "out", *self.configured(provider))
        if "the sandbox cannot be set up" in result.stderr or "the sandbox needs" in result.stderr:
            self.skipTest("no sandbox can be set up here: " + result.stderr)
        self.assertEqual(result.returncode, 1)
        self.assertIn("2 tool call(s) were refused", result.stderr)
        self.assertEqual(result.stderr.count("is a symbolic link"), 1, result.stderr)
        self.assertFalse((self.work / "made").exists())

    def test_mount_points_are_made_through_no_link(self):
        victim = self.top / "victim"
        victim.mkdir()
        place = pathlib.Path(tempfile.mkdtemp(prefix="troupe-escape-", dir="/tmp"))
        self.addCleanup(shutil.rmtree, place, ignore_errors=True)
        (place / "work").mkdir()
        tasks = self.top / "tasks.jsonl"
        tasks.write_text(json.dumps({"id": "a", "prompt": "go", "cwd": str(place / "work"), "sandbox": "workspace-write"}) + "\n")
        steps = [[shell(f"mv {place} /tmp/aside; ln -s /oldroot{victim} {place}", "c1")], [shell("touch made", "c2")]]
        self.outputs(*steps, arguments=("run", tasks, "--out", self.top / "out"))
        self.assertEqual(list(victim.iterdir()), [])
        self.assertTrue((place / "work/made").exists())

    def test_covers_hold_while_a_session_exchanges_folders(self):
        hooks = self.work / "deep/repo/.git/hooks"
        hooks.mkdir(parents=True)
        shutil.copytree(self.work / "deep", self.work / "twin")
        (self.work / "twin/TWIN").touch()
        (self.work / "swap.py").write_text("import ctypes, os, random, time\nlibc = ctypes.CDLL(None)\n"
                                           "while not os.path.exists('stop'):\n  libc.renameat2(-100, b'deep', -100, b'twin', 2)\n  time.sleep(random.random() * 0.004)\n")
        swap = call("exec_command", {"cmd": f"{python()} swap.py", "login": False, "yield_time_ms": 500}, "c0")
        write = "touch deep/repo/.git/hooks/evil twin/repo/.git/hooks/evil; echo ran"
        outputs = self.outputs([swap], *([shell(write, f"c{i}"), shell(write, f"d{i}")] for i in range(40)), [shell("touch stop", "c")])
        self.assertEqual(len(outputs), 82)
        self.assertTrue(any("ran" in x for x in outputs), outputs)
        self.assertEqual([str(x) for x in self.work.rglob("evil")], [])


class PlainChroot(ProgramTest):
    def test_root_gets_a_root_that_is_a_mount_point(self):
        if os.getuid() != 0:
            self.skipTest("needs root")
        for name in ("usr", "etc", "proc", "dev", "tmp", "sys", "root/work", "home"):
            (self.base / "root" / name).mkdir(parents=True)
        top = self.base / "root"
        for name in ("bin", "lib", "lib64", "sbin"):
            if os.path.islink("/" + name):
                (top / name).symlink_to(os.readlink("/" + name))
        shutil.copy(PROGRAM, top / "troupe")
        provider = self.provider(tool(shell("touch made; touch /etc/made; ls -d /proc/1; chmod 0666 /dev/null /proc/self/fd/0; echo x >/dev/null && echo wrote")), reply("done"))
        options = " ".join(f"'{x}'" for x in self.configured(provider))
        script = (f"mount --bind /usr {top}/usr && mount --bind /etc {top}/etc && mount -t proc proc {top}/proc && mount --rbind /dev {top}/dev && "
                  f"exec chroot {top} /troupe exec --json --skip-git-repo-check -C /root/work -s workspace-write {options} go")
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "CODEX_HOME": "/home", "LANG": "C.UTF-8"}
        result = subprocess.run(["unshare", "-m", "sh", "-c", script], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                env=environment, timeout=LIMIT_S)
        if "unshare" in result.stderr or "mount:" in result.stderr:
            self.skipTest("no mount namespace can be made here: " + result.stderr)
        output = provider.requests[1]["json"]["input"][-1]["output"]
        self.assertIn("touch: cannot touch '/etc/made': Read-only file system", output)
        self.assertIn("/proc/1", output)
        for device in ("/dev/null", "/proc/self/fd/0"):
            self.assertIn(f"changing permissions of '{device}': Read-only file system", output)
        self.assertIn("wrote", output)
        self.assertTrue((top / "root/work/made").exists(), output)


if __name__ == "__main__":
    unittest.main(verbosity=2)
