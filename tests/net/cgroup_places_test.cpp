#define CAF_SUITE cgroup_places
#include <caf/test/bdd_dsl.hpp>

#include "net/guardian/cgroup_places.hpp"

using namespace troupe::net;

SCENARIO("version 1: each controller has its own hierarchy") {
  const auto places =
    find_cgroup_places("9:name=systemd:/\n8:pids:/\n4:memory:/a/b\n"
                       "3:cpu,cpuacct:/c\n0::/d\n",
                       "30 25 0:26 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n"
                       "31 25 0:27 / /sys/fs/cgroup/memory rw - cgroup x rw,memory\n"
                       "32 25 0:28 / /sys/fs/cgroup/cpu rw - cgroup x rw,cpu,cpuacct\n"
                       "33 25 0:29 / /sys/fs/cgroup/unified rw - cgroup2 x rw\n"
                       "34 25 0:30 / /tmp rw - tmpfs tmpfs rw\n");
  CHECK_EQ(places.pids, "/sys/fs/cgroup/pids");
  CHECK_EQ(places.memory, "/sys/fs/cgroup/memory/a/b");
  CHECK_EQ(places.cpu, "/sys/fs/cgroup/cpu/c");
  CHECK_EQ(places.unified, "/sys/fs/cgroup/unified/d");
}

SCENARIO("version 2: there is one for all") {
  const auto places = find_cgroup_places(
    "0::/user.slice/a.scope\n",
    "30 25 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n");
  CHECK((places == cgroup_places{.memory = {},
                                 .pids = {},
                                 .cpu = {},
                                 .unified = "/sys/fs/cgroup/user.slice/a.scope",
                                 .unified_mount = "/sys/fs/cgroup"}));
}

SCENARIO("a mount that shows a part of a hierarchy, as in a container") {
  const auto places = find_cgroup_places(
    "4:memory:/docker/abc\n",
    "31 25 0:27 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n");
  CHECK_EQ(places.memory, "/sys/fs/cgroup/memory");
}

SCENARIO("a machine without control groups") {
  CHECK((find_cgroup_places("", "") == cgroup_places{}));
  CHECK((find_cgroup_places("0::/\n", "") == cgroup_places{}));
  CHECK((find_cgroup_places("", "30 25 0:26 / /x rw - cgroup2 cgroup2 rw\n") == cgroup_places{}));
  CHECK((find_cgroup_places("nonsense", "30 25 - cgroup2\n - \n") == cgroup_places{}));
}

SCENARIO("a disk that may hang is known by its file system") {
  constexpr auto mounts = "30 25 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n"
                          "31 25 0:27 / /home rw - nfs4 server:/home rw\n";
  CHECK_EQ(file_system_of(mounts, 8, 1), "ext4");
  CHECK_EQ(file_system_of(mounts, 0, 27), "nfs4");
  CHECK_EQ(file_system_of(mounts, 0, 2), "");
  CHECK(is_local_file_system("ext4"));
  CHECK(!is_local_file_system("nfs4"));
  CHECK(!is_local_file_system("fuse.sshfs"));
  CHECK(!is_local_file_system(""));
}

SCENARIO("whether a path may hang is known without asking its file system") {
  constexpr auto mounts = "30 25 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n"
                          "31 25 0:27 / /home rw - nfs4 server:/home rw\n"
                          "32 25 0:28 / /home/me/cache rw - tmpfs none rw\n"
                          "33 25 0:29 / /tmp rw - tmpfs none rw\n"
                          "34 25 0:30 / /tmp rw - fuse.dead dead rw\n"
                          "nonsense\n";
  CHECK_EQ(file_system_below(mounts, "/"), "ext4");
  CHECK_EQ(file_system_below(mounts, "/homes"), "ext4");
  CHECK_EQ(file_system_below(mounts, "/home"), "nfs4");
  CHECK_EQ(file_system_below(mounts, "/home/me"), "nfs4");
  CHECK_EQ(file_system_below(mounts, "/home/me/cache/x"), "tmpfs");
  CHECK_EQ(file_system_below(mounts, "/tmp/x"), "fuse.dead"); // covers the other one
  CHECK_EQ(file_system_below("", "/tmp"), "");
  CHECK_EQ(file_system_of_mount(mounts, 31), "nfs4");
  CHECK_EQ(file_system_of_mount(mounts, 34), "fuse.dead");
  CHECK_EQ(file_system_of_mount(mounts, 9), "");
}

SCENARIO("the name of a room tells whose it is") {
  const cgroup_room_name name{.pid_namespace = 4026531836, .pid = 77, .start_time = 123456};
  CHECK_EQ(to_text(name), "troupe-4026531836-77-123456");
  CHECK(parse_room_name(to_text(name)) == name);
  for (const auto* other : {"", "troupe-", "troupe-1-2", "troupe-1-2-x", "troupe-1-2-3-4",
                            "troupe-01-2-3", "h1test", "system.slice"})
    CHECK(!parse_room_name(other));
}
