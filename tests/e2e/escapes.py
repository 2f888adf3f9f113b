"""Attempts to leave a sandbox, run inside of one: prints a line "NAME held" or "NAME ESCAPED why" for each.

Called with the paths it may try, as JSON. Each attempt succeeds by doing what it must not be able to do; an error is what holds it.
"""
import ctypes
import fcntl
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys

FACTS = json.loads(sys.argv[1])
WORK, OUTSIDE, HOME = FACTS["work"], FACTS["outside"], FACTS["home"]
WRITES, NETWORK = FACTS["writes"], FACTS["network"]
LIBC = ctypes.CDLL(None, use_errno=True)
ATTEMPTS = []


def attempt(function):
    ATTEMPTS.append((function.__name__, function))
    return function


def add(name, function, *arguments):
    ATTEMPTS.append((name, lambda: function(*arguments)))


def syscall(number, *arguments):
    result = LIBC.syscall(ctypes.c_long(number), *[ctypes.c_long(x) if isinstance(x, int) else x for x in arguments])
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def write(path):
    with open(path, "a") as file:
        file.write("escaped\n")


def read(path):
    with open(path) as file:
        if "secret" in file.read() or path.startswith("/etc"):
            return
    raise OSError("empty")


# 1. Files outside
for path in ("/etc/troupe-escape", "/usr/bin/troupe-escape", "/root/troupe-escape", "/var/tmp/troupe-escape", "/run/troupe-escape",
             "/dev/troupe-escape", "/troupe-escape", "/boot/troupe-escape", "/opt/troupe-escape", "/home/troupe-escape",
             OUTSIDE + "/made", OUTSIDE + "/file"):
    add(f"write {path}", write, path)
add("remove a file outside", os.unlink, OUTSIDE + "/file")
add("rename a file outside", os.rename, OUTSIDE + "/file", OUTSIDE + "/other")
add("change a mode outside", os.chmod, OUTSIDE + "/file", 0o777)
add("change a time outside", os.utime, OUTSIDE + "/file", (1, 1))
add("change an owner outside", os.chown, OUTSIDE + "/file", os.getuid(), os.getgid())
add("link a file outside", os.link, OUTSIDE + "/file", WORK + "/hard-link")
add("set an attribute outside", os.setxattr, OUTSIDE + "/file", "user.x", b"x")
add("truncate outside", os.truncate, OUTSIDE + "/file", 0)
add("a folder outside", os.mkdir, OUTSIDE + "/folder")
add("a link outside", os.symlink, "x", OUTSIDE + "/link")
add("a pipe outside", os.mkfifo, OUTSIDE + "/pipe")


@attempt
def write_through_a_link():
    os.symlink(OUTSIDE + "/file", WORK + "/through")
    write(WORK + "/through")


@attempt
def write_through_dots():
    write(WORK + "/../../" + OUTSIDE.lstrip("/") + "/file" if WORK.count("/") == 2 else WORK + "/../outside/file")


@attempt
def write_through_root_of_first_process():
    write("/proc/1/root" + OUTSIDE + "/file")


@attempt
def write_through_cwd_of_first_process():
    write("/proc/1/cwd/../outside/file")


@attempt
def through_an_inherited_descriptor():
    for name in os.listdir("/proc/self/fd"):
        number = int(name)
        if number > 2:
            try:
                os.stat(f"/proc/self/fd/{number}/outside")
            except OSError:
                continue
            write(f"/proc/self/fd/{number}/outside/file")
            return
    raise OSError("none")


# 2. Devices and the kernel's files
for device in ("/dev/mem", "/dev/kmem", "/dev/port", "/dev/kmsg", "/dev/sda", "/dev/vda", "/dev/nvme0n1", "/dev/fuse", "/dev/kvm",
               "/dev/net/tun", "/dev/loop-control", "/dev/ptmx", "/dev/uinput", "/dev/mapper/control", "/dev/vsock"):
    add(f"open {device}", lambda path: os.close(os.open(path, os.O_RDWR | os.O_NONBLOCK)), device)


@attempt
def make_a_device():
    os.mknod(WORK + "/device", stat.S_IFBLK | 0o666, os.makedev(8, 0))
    os.open(WORK + "/device", os.O_RDONLY)


def write_any_below(top):
    for folder, folders, names in os.walk(top):
        for name in names:
            path = os.path.join(folder, name)
            try:
                if not stat.S_ISREG(os.lstat(path).st_mode):
                    continue
                os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
            except OSError:
                continue
            raise Escape(path)
    raise OSError("none of them opens")


class Escape(Exception):
    pass


for top in ("/proc/sys", "/sys", "/proc/irq", "/proc/bus", "/proc/fs", "/proc/acpi", "/proc/scsi", "/proc/driver"):
    add(f"write anything in {top}", write_any_below, top)
for path in ("/proc/sysrq-trigger", "/proc/kcore", "/proc/kmem", "/proc/self/mem", "/proc/1/mem", "/proc/self/oom_score_adj",
             "/proc/1/oom_score_adj", "/proc/self/uid_map", "/proc/self/setgroups", "/proc/self/attr/current",
             "/proc/mtrr", "/proc/timer_list", "/sys/fs/cgroup/cgroup.procs", "/sys/kernel/uevent_helper", "/sys/power/state"):
    add(f"write {path}", lambda path: os.close(os.open(path, os.O_WRONLY)), path)


# The machine's own devices, which a sandbox shows: changed to what they are, which harms nobody.
def change_device(path, change):
    change(path, os.stat(path))


for device in (["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", 0] if FACTS["devices"] else []):
    add(f"mode of {device}", change_device, device, lambda path, old: os.chmod(path, stat.S_IMODE(old.st_mode)))
    add(f"owner of {device}", change_device, device, lambda path, old: os.chown(path, old.st_uid, old.st_gid))
    add(f"times of {device}", change_device, device, lambda path, old: os.utime(path, ns=(old.st_atime_ns, old.st_mtime_ns)))


# 3. Settings, logins, repositories
for path in ("config.toml", "auth.json", "sessions/x", "AGENTS.md", "new"):
    add(f"write the home's {path}", write, HOME + "/" + path)
for path in ("auth.json", "auth.json.lock"):
    add(f"read the home's {path}", read, HOME + "/" + path)
add("rename the home", os.rename, HOME, HOME + "-x")
add("remove the home's settings", os.unlink, HOME + "/config.toml")
for path in FACTS["hidden"]:
    add(f"read {path}", read, path)


def make_folder(name):
    os.makedirs(WORK + "/" + name + "/hooks")


def move_onto(name):
    os.makedirs(WORK + "/prepared/hooks", exist_ok=True)
    os.rename(WORK + "/prepared", WORK + "/" + name)


def replace(name):
    os.rmdir(WORK + "/" + name)
    os.mkdir(WORK + "/" + name)


def link_onto(name):
    os.symlink("prepared", WORK + "/" + name)


def exchange(name):
    os.makedirs(WORK + "/exchanged", exist_ok=True)
    rename_exchange, at_cwd = 2, -100
    syscall(316, at_cwd, (WORK + "/exchanged").encode(), at_cwd, (WORK + "/" + name).encode(), rename_exchange)


for name in (".git", ".codex", ".agents"):
    add(f"make {name}/hooks", make_folder, name)
    add(f"move a folder to {name}", move_onto, name)
    add(f"replace {name}", replace, name)
    add(f"link {name}", link_onto, name)
    add(f"exchange {name}", exchange, name)
    add(f"write {name}/config", write, f"{WORK}/{name}/config")
for path in ("nested/.git/config", "nested/.git/hooks/post-checkout", "bare.git/config"):
    add(f"write {path}", write, WORK + "/" + path)
add("move a nested repository's folder", os.rename, WORK + "/nested/.git", WORK + "/nested/git")
add("git config in a nested repository", lambda: subprocess.run(
    ["git", "-C", WORK + "/nested", "config", "core.fsmonitor", "x"], check=True, capture_output=True))


# 4. Rights
def program(path):
    if not os.path.exists(path):
        shutil.copy("/bin/true", path)


def set_id(how):
    path = WORK + "/program"
    program(path)
    how(path)
    if not os.stat(path).st_mode & 0o6000:
        raise OSError("not set")


def set_id_fd(path):
    with open(path) as file:
        os.fchmod(file.fileno(), 0o4755)


def fresh(mode, how):
    path = WORK + "/fresh"
    if os.path.exists(path):
        os.unlink(path)
    how(path, mode)
    if not os.stat(path).st_mode & 0o6000:
        raise OSError("not set")


def open_how(path, mode):
    data = (ctypes.c_uint64 * 3)(os.O_CREAT | os.O_WRONLY, mode, 0)
    syscall(437, -100, path.encode(), ctypes.byref(data), 24)


add("chmod set-user-id", set_id, lambda path: os.chmod(path, 0o4755))
add("chmod set-group-id", set_id, lambda path: os.chmod(path, 0o2755))
add("fchmod set-user-id", set_id, set_id_fd)
add("fchmodat set-user-id", set_id, lambda path: syscall(268, -100, path.encode(), 0o4755))
add("fchmodat2 set-user-id", set_id, lambda path: syscall(452, -100, path.encode(), 0o4755, 0))
add("chmod with the upper half set", set_id, lambda path: syscall(90, path.encode(), 0x100000000 | 0o4755))
for bit, name in ((0o4755, "user"), (0o2755, "group")):
    add(f"open set-{name}-id", fresh, bit, lambda path, mode: os.close(os.open(path, os.O_CREAT | os.O_WRONLY, mode)))
    add(f"old open set-{name}-id", fresh, bit, lambda path, mode: syscall(2, path.encode(), os.O_CREAT | os.O_WRONLY, mode))
    add(f"creat set-{name}-id", fresh, bit, lambda path, mode: syscall(85, path.encode(), mode))
    add(f"mknod set-{name}-id", fresh, bit, lambda path, mode: os.mknod(path, stat.S_IFREG | mode))
    add(f"openat2 set-{name}-id", fresh, bit, open_how)
add("set a file's capability", lambda: (program(WORK + "/program"), os.setxattr(
    WORK + "/program", "security.capability", bytes.fromhex("0100000200000002000000000000000000000000"))))
for number in (0, 1, 65534):
    if number != os.getuid():
        add(f"become user {number}", os.setuid, number)
add("become another group", os.setgroups, [0, 6])


# 5. Other programs
def to_socket(kind, address, how):
    with socket.socket(socket.AF_UNIX, kind) as client:
        how(client, address)


def pair_send(address):
    first, _ = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    first.sendmsg([b"escaped"], [], 0, address)


for address in FACTS["stream_sockets"]:
    add(f"connect to {address!r}", to_socket, socket.SOCK_STREAM, address.replace("@", "\0"), lambda s, to: s.connect(to))
for address in FACTS["datagram_sockets"]:
    name = address.replace("@", "\0")
    add(f"sendto {address!r}", to_socket, socket.SOCK_DGRAM, name, lambda s, to: s.sendto(b"escaped", to))
    add(f"sendmsg {address!r}", to_socket, socket.SOCK_DGRAM, name, lambda s, to: s.sendmsg([b"escaped"], [], 0, to))
    add(f"a pair's sendmsg to {address!r}", pair_send, name)
add("listen where others see it", lambda: socket.socket(socket.AF_UNIX).bind(WORK + "/socket"))
for family, name in ((17, "packet"), (38, "alg"), (40, "vsock"), (31, "bluetooth"), (15, "key"), (29, "can"), (30, "tipc"), (44, "xdp")):
    add(f"a socket of {name}", lambda f: socket.socket(f, socket.SOCK_RAW).close(), family)
for number, name in ((4, "sock_diag"), (6, "xfrm"), (9, "audit"), (12, "netfilter"), (15, "uevents"), (16, "generic")):
    add(f"netlink of {name}", lambda n: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, n).close(), number)
if not NETWORK:
    for family in (socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK):
        add(f"a socket of {family.name}", lambda f: socket.socket(f, socket.SOCK_DGRAM).close(), family)
    add("reach the machine's ports", lambda: socket.create_connection(("127.0.0.1", FACTS["port"]), 5).close())
for number, name in ((29, "shmget"), (64, "semget"), (68, "msgget")):
    add(name, lambda n: syscall(n, 4711, 1024, 0o1666) if n != 68 else syscall(n, 4711, 0o1666), number)
add("attach another's memory", lambda: syscall(30, FACTS["shm"], 0, 0o10000))
add("mq_open", lambda: syscall(240, b"troupe-escape", 0o102, 0o666, 0))
add("another's shared memory", read, "/dev/shm/" + FACTS["shm_file"])
for number, name, arguments in ((248, "add_key", (b"user", b"x", b"x", 1, -3)), (249, "request_key", (b"user", b"x", 0, -3)),
                                (250, "keyctl", (0, -3, 0))):
    add(name, lambda n, a: syscall(n, *a), number, arguments)
for name in ("SIGTERM", "SIGKILL", "SIGSTOP"):
    add(f"send {name} outside", os.kill, FACTS["victim"], getattr(signal, name))
add("see a process outside", os.stat, f"/proc/{FACTS['victim']}/exe")
add("trace the parent", lambda: syscall(101, 16, os.getppid(), 0, 0))
add("read the parent's memory", lambda: syscall(310, os.getppid(), 0, 0, 0, 0, 0))
add("write the parent's memory", lambda: syscall(311, os.getppid(), 0, 0, 0, 0, 0))
add("take the parent's descriptor", lambda: syscall(438, os.pidfd_open(os.getppid()), 0, 0))
add("type into the terminal", lambda: fcntl.ioctl(0, 0x5412, b"x"))
add("type into the terminal, upper half set", lambda: syscall(16, 0, 0x100000000 | 0x5412, b"x"))
add("the console's selection", lambda: fcntl.ioctl(0, 0x541C, b"\x02"))

# 6. The kernel
for flag, name in ((0x10000000, "user"), (0x20000, "mount"), (0x40000000, "network"), (0x20000000, "pid"), (0x8000000, "ipc"),
                   (0x4000000, "uts"), (0x2000000, "cgroup"), (0x80, "time")):
    add(f"unshare {name}", lambda f: syscall(272, f), flag)
    if name != "time":
        add(f"clone {name}", lambda f: cloned(f), flag)


def cloned(flag):
    child = syscall(56, flag | signal.SIGCHLD, 0, 0, 0, 0)
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)


def attempt_clone3():
    data = (ctypes.c_uint64 * 11)(0x10000000, 0, 0, 0, signal.SIGCHLD, 0, 0, 0, 0, 0, 0)
    child = syscall(435, ctypes.byref(data), 88)
    if child == 0:
        os._exit(0)


add("clone3", attempt_clone3)
for kind in ("mnt", "net", "user", "pid", "ipc"):
    add(f"enter the {kind} namespace", lambda k: syscall(308, os.open(f"/proc/1/ns/{k}", os.O_RDONLY), 0), kind)
MS_REMOUNT_BIND = 32 | 4096
for path in ("/", "/proc", "/sys", WORK + "/.git", HOME):
    add(f"remount {path}", lambda p: mounted(p, MS_REMOUNT_BIND), path)
    add(f"unmount {path}", lambda p: syscall(166, p.encode(), 2), path)


def mounted(path, flags):
    syscall(165, b"none", path.encode(), 0, flags, 0)


for number, name, arguments in (
        (165, "mount", (b"tmpfs", b"/tmp", b"tmpfs", 0, 0)), (155, "pivot_root", (b".", b".")), (161, "chroot", (b".",)),
        (428, "open_tree", (-100, b"/", 1)), (429, "move_mount", (-100, b"/", -100, b"/", 0)), (430, "fsopen", (b"tmpfs", 0)),
        (433, "fspick", (-100, b"/", 0)), (442, "mount_setattr", (-100, b"/", 0, 0, 0)), (467, "open_tree_attr", (-100, b"/", 1, 0, 0)),
        (304, "open_by_handle_at", (-100, b"", 0)), (321, "bpf", (0, 0, 0)), (298, "perf_event_open", (0, 0, -1, -1, 0)),
        (323, "userfaultfd", (1,)), (425, "io_uring_setup", (1, ctypes.create_string_buffer(128))), (246, "kexec_load", (0, 0, 0, 0)),
        (320, "kexec_file_load", (-1, -1, 0, 0, 0)), (175, "init_module", (0, 0, b"")), (313, "finit_module", (-1, b"", 0)),
        (176, "delete_module", (b"x", 0)), (169, "reboot", (0xfee1dead - 2**32, 672274793, 0, 0)), (167, "swapon", (b"/x", 0)),
        (163, "acct", (WORK.encode(),)), (179, "quotactl", (0, 0, 0, 0)), (103, "syslog", (3, ctypes.create_string_buffer(64), 64)),
        (164, "settimeofday", (0, 0)), (227, "clock_settime", (0, 0)),
        (170, "sethostname", (b"x", -1)), (172, "iopl", (3,)), (154, "modify_ldt", (0, ctypes.create_string_buffer(64), 64)),
        (300, "fanotify_init", (0, 0)), (135, "personality", (0x0400000,)), (312, "kcmp", (os.getpid(), os.getppid(), 0, 0, 0))):
    add(name, lambda n, a: syscall(n, *a), number, arguments)


def in_child(function):
    """For what ends the process."""
    child = os.fork()
    if child == 0:
        try:
            os._exit(0 if function() else 1)
        except BaseException:
            os._exit(1)
    if os.waitpid(child, 0)[1] != 0:
        raise OSError("ended")


@attempt
def a_call_of_x32():
    in_child(lambda: LIBC.syscall(ctypes.c_long(0x40000000 + 39)) > 0)


@attempt
def a_call_of_i386():
    import mmap
    code = bytes.fromhex("53b814000000cd805bc3")  # push rbx; mov eax, getpid; int 0x80; pop rbx; ret

    def call():
        page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        page.write(code)
        return ctypes.CFUNCTYPE(ctypes.c_long)(ctypes.addressof(ctypes.c_char.from_buffer(page)))() > 0
    in_child(call)


def main():
    os.chdir(WORK)
    for name, function in ATTEMPTS:
        try:
            function()
        except Escape as how:
            print(f"{name} ESCAPED {how}")
        except (OSError, subprocess.CalledProcessError, PermissionError):
            print(f"{name} held")
        except Exception as problem:  # a mistake of the test is no success of the sandbox
            print(f"{name} BROKEN {problem!r}")
        else:
            print(f"{name} ESCAPED")
        sys.stdout.flush()


main()
