#pragma once

#include <caf/test/bdd_dsl.hpp>

#include "actors/tool_runner/bubblewrap_call.hpp"
#include "actors/tool_runner/private_mount_points.hpp"
#include "actors/tool_runner/root_identities.hpp"
#include "actors/tool_runner/sandbox_placeholders.hpp"
#include "actors/tool_runner/sandbox_survey.hpp"
#include "actors/tool_runner/seccomp_program.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <vector>

/// Real sandboxes. Where bubblewrap does not work (a container without user namespaces), a suite
/// says so and checks nothing.
namespace sandbox_process_fixture {

using namespace troupe;
using namespace troupe::tool_runner;
namespace fs = std::filesystem;

using words = std::vector<std::string>;

struct run_result {
  int exit_code = -1;
  std::string output; ///< both streams
};

inline run_result run(const words& argv, int seccomp_fd,
                      const std::vector<owned_descriptor>& roots) {
  int pipe_ends[2];
  REQUIRE_EQ(::pipe(pipe_ends), 0);
  const auto child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::dup2(pipe_ends[1], 1);
    ::dup2(pipe_ends[1], 2);
    ::close(pipe_ends[0]);
    ::close(pipe_ends[1]);
    // Out of each other's way first; also since a descriptor that has its number already would
    // keep its close-on-exec mark.
    constexpr int out_of_the_way = 100;
    ::dup2(seccomp_fd, out_of_the_way - 1);
    for (std::size_t i = 0; i < roots.size(); ++i)
      ::dup2(roots[i].number(), out_of_the_way + static_cast<int>(i));
    ::dup2(out_of_the_way - 1, seccomp_descriptor);
    for (std::size_t i = 0; i < roots.size(); ++i)
      ::dup2(out_of_the_way + static_cast<int>(i), first_root_descriptor + static_cast<int>(i));
    std::vector<char*> pointers;
    for (const auto& word : argv)
      pointers.push_back(const_cast<char*>(word.c_str()));
    pointers.push_back(nullptr);
    ::execv(pointers[0], pointers.data());
    ::_exit(127);
  }
  ::close(pipe_ends[1]);
  run_result result;
  char block[4096];
  for (ssize_t count; (count = ::read(pipe_ends[0], block, sizeof block)) > 0;)
    result.output.append(block, static_cast<std::size_t>(count));
  ::close(pipe_ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

struct fixture {
  fixture() {
    // Not below /tmp, which is writable in a workspace.
    auto name = (fs::path{"/var/tmp"} / "troupe-sandbox-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    root = name;
    fs::create_directories(fs::path{root} / "ws" / ".git");
    workspace = root + "/ws";
    abilities.program = "/usr/bin/bwrap";
    if (::geteuid() == 0)
      abilities.runs_as = bubblewrap_abilities::privilege::root;
  }
  ~fixture() { fs::remove_all(root); }

  bool usable() {
    for (auto next = std::optional{abilities}; next;) {
      abilities = *next;
      const auto trial = in_sandbox({sandbox_mode::read_only}, "true");
      if (trial.exit_code == 0)
        return true;
      next = reduced_abilities(abilities, trial.output);
    }
    CAF_MESSAGE("bubblewrap does not work here: nothing is tested");
    return false;
  }

  /// In `workspace`, with nothing but it to write.
  run_result in_sandbox(sandbox_policy policy, const std::string& script) {
    policy.exclude_slash_tmp = policy.exclude_tmpdir_env_var = true;
    const survey_order wanted{.policy = policy,
                              .cwd = workspace,
                              .known = known,
                              .memory = memory,
                              .recent = {},
                              .own_tmp = own_tmp,
                              .appeared = appeared};
    auto seen = look_at(setup, wanted);
    memory = seen.memory;
    appeared = std::make_shared<const std::vector<covered_place>>(seen.appeared);
    if (const auto* problem = std::get_if<sandbox_problem>(&seen.plan))
      return {-1, problem->message};
    auto plan = std::get<sandbox_plan>(seen.plan);
    held_placeholders held;
    for (const auto& mount : plan.mounts)
      if (mount.kind == mount_kind::missing)
        REQUIRE(std::holds_alternative<held_placeholders::outcome>(
          held.hold(seen.folder_of(mount.path), mount.path)));
    for (const auto& link : plan.links)
      held.keep(held_link{seen.folder_of(link.path), link});
    auto program = seccomp_program::make(plan.network);
    REQUIRE(std::holds_alternative<seccomp_program>(program));
    const auto fd = std::get<seccomp_program>(program).open_for_reading();
    REQUIRE(std::holds_alternative<owned_descriptor>(fd));
    const bubblewrap_order order{.cwd = workspace,
                                 .command = {"/bin/sh", "-c", script},
                                 .late_environment = {},
                                 .own_program = {},
                                 .uid = {},
                                 .gid = 0};
    return run(bubblewrap_argv(plan, abilities, order), std::get<owned_descriptor>(fd).number(),
               seen.roots);
  }

  std::string root;
  std::string workspace;
  std::string own_tmp;
  bubblewrap_abilities abilities;
  sandbox_setup setup;
  shared_value<std::vector<root_identity>> known;
  std::shared_ptr<const thread_memory> memory;
  std::shared_ptr<const std::vector<covered_place>> appeared;
};

inline const sandbox_policy read_only{.mode = sandbox_mode::read_only};
inline const sandbox_policy workspace_write{.mode = sandbox_mode::workspace_write};

} // namespace sandbox_process_fixture
