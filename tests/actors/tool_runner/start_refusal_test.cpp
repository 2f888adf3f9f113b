#define CAF_SUITE start_refusal
#include <caf/test/bdd_dsl.hpp>

#include "actors/tool_runner/start_refusal.hpp"

#include <cerrno>
#include <string>

using namespace troupe;
using namespace troupe::tool_runner;

namespace {

net::process_outcome refused_with(int error, net::net_errc kind = net::net_errc::spawn_failed) {
  net::process_outcome result;
  result.error = kind;
  result.system_error = error;
  result.detail = "cannot start a process: why";
  return result;
}

} // namespace

SCENARIO("a start that the system or a lost guardian refuses is no fault of the command's") {
  CHECK(obstacle_of(refused_with(EPIPE)) == start_obstacle::guardian);
  CHECK(obstacle_of(refused_with(EAGAIN)) == start_obstacle::processes);
  CHECK(obstacle_of(refused_with(EMFILE, net::net_errc::no_resources)) ==
        start_obstacle::descriptors);
  CHECK(obstacle_of(refused_with(ENOMEM)) == start_obstacle::memory);
}

SCENARIO("a command that does not exist, or that has run, was not refused") {
  for (const int error : {ENOENT, EACCES, ENOEXEC, ECANCELED, ETIMEDOUT})
    CHECK(obstacle_of(refused_with(error)) == start_obstacle::none);
  CHECK(obstacle_of(refused_with(EAGAIN, net::net_errc::none)) == start_obstacle::none);
  CHECK_EQ(start_refusal_text(refused_with(ENOENT)), "");
}

SCENARIO("what a bubblewrap says that has failed before its command is told from the command's") {
  net::process_outcome failed;
  failed.exit_code = 1;
  const auto complaint = [&](std::string_view text) {
    return complaint_of_bubblewrap(failed, text);
  };
  CHECK_EQ(complaint("bwrap: Can't find source path /x: No such file\nmore\n"),
           "bwrap: Can't find source path /x: No such file");
  CHECK_EQ(complaint("ld.so: no library"), "ld.so: no library");
  CHECK_EQ(complaint(""), "bwrap ended with exit code 1 and no word");
  CHECK_EQ(complaint("bwrap: execvp nothing: No such file or directory\n"), "");
  CHECK_EQ(complaint("bwrap: Can't chdir to /x: No such file or directory\n"), "");
  failed.exit_code = std::nullopt;
  failed.signal = 11;
  CHECK_EQ(complaint(""), "bwrap was ended by signal 11");
}

SCENARIO("a bubblewrap that got too little for the command is a refused start") {
  const auto obstacle = [](std::string_view text) {
    const auto x = refused_by_system(text);
    return x ? obstacle_of(*x) : start_obstacle::none;
  };
  CHECK(obstacle("bwrap: Can't fork for pid 1: Resource temporarily unavailable") ==
        start_obstacle::processes);
  CHECK(obstacle("bwrap: Cannot allocate memory") == start_obstacle::memory);
  CHECK(obstacle("bwrap: open: Too many open files") == start_obstacle::descriptors);
  CHECK(obstacle("bwrap: Can't mount proc") == start_obstacle::none);
}

SCENARIO("a refused start is told with its cause and what helps") {
  CHECK_EQ(start_refusal_text(refused_with(EMFILE)),
           "no command can be started here: cannot start a process: why. Raise the limit of open "
           "files (`ulimit -n`).");
  CHECK(start_refusal_text(refused_with(EAGAIN)).find("docker run --pids-limit") !=
        std::string::npos);
  CHECK_EQ(start_refusal_text(refused_with(EPIPE)),
           "no command can be started here: cannot start a process: why.");
}
