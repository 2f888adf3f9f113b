#include "actors/tool_runner/bubblewrap_place.hpp"

#include "actors/tool_runner/path_text.hpp"
#include "actors/tool_runner/sandbox_remedy.hpp"
#include "config/config.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

namespace troupe::tool_runner {

namespace {

sandbox_problem machine_problem(std::string text) {
  return {std::move(text), sandbox_problem::cause::machine};
}

/// Why not; empty: it can be run.
std::string_view no_program(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0)
    return errno == ENOENT ? "does not exist" : "cannot be reached";
  if (!S_ISREG(found.st_mode))
    return "is no file";
  return ::access(path.c_str(), X_OK) == 0 ? "" : "is not executable";
}

bool lies_in(std::string_view path, const std::vector<std::string>& folders) {
  return std::ranges::any_of(folders, [&](const auto& x) { return is_inside(path, x); });
}

void add_resolved(std::vector<std::string>& to, const std::string& path) {
  if (auto real = path.empty() ? std::nullopt : disk_paths{}.resolved(path))
    to.push_back(std::move(*real));
}

sandbox_problem untrusted_program(const std::string& path) {
  return machine_problem(
    fmt::format("the sandbox cannot be set up: {} lies where an agent may write. "
                "Choose other writable folders, or let {} name a bwrap elsewhere.",
                path, bubblewrap_variable));
}

} // namespace

agent_folders folders_of_agents(const sandbox_setup& setup, const sandbox_policy& policy,
                                const std::string& cwd) {
  auto wide = policy;
  if (setup.tmp == config::tmp_folder::own)
    wide.exclude_slash_tmp = wide.exclude_tmpdir_env_var = true;
  const auto variables = [&](std::string_view name) -> std::optional<std::string> {
    return name == "TMPDIR" ? std::optional{setup.tmpdir} : std::nullopt;
  };
  agent_folders result;
  for (const auto& root : config::effective_writable_roots(wide, cwd, variables))
    add_resolved(result.writable, root);
  for (const auto& root : policy.writable_roots)
    add_resolved(result.others, root);
  add_resolved(result.others, cwd);
  add_resolved(result.others, setup.results);
  add_resolved(result.others, setup.home.empty() ? "" : setup.home + "/tmp");
  return result;
}

void add_roots(agent_folders& to, const sandbox_plan& plan) {
  for (const auto& root : plan.roots) {
    const auto* mount = mount_at(plan, root.path);
    // A private /tmp is another folder outside.
    if (mount == nullptr || mount->source.empty() || mount->source == root.path)
      to.writable.push_back(root.path);
  }
}

std::variant<std::string, sandbox_problem> find_bubblewrap(const std::string& named,
                                                           const agent_folders& folders) {
  if (!named.empty()) {
    const auto why = named.starts_with('/') ? no_program(named) : "is no absolute path";
    const auto real = disk_paths{}.resolved(named);
    if (!why.empty() || !real)
      return machine_problem(
        fmt::format("the sandbox needs bubblewrap, but what {} names {}. {}", bubblewrap_variable,
                    why.empty() ? "cannot be reached" : why, sandbox_remedy({}, named)));
    if (lies_in(*real, folders.writable) || lies_in(*real, folders.others))
      return untrusted_program(named);
    return *real;
  }
  for (const auto folder : bubblewrap_folders) {
    const auto real = disk_paths{}.resolved(absolute_path(folder, "bwrap"));
    if (!real || !no_program(*real).empty())
      continue;
    if (lies_in(*real, folders.writable))
      return untrusted_program(*real);
    return *real;
  }
  return machine_problem(
    fmt::format("the sandbox needs bubblewrap, but there is no bwrap in {}. {}",
                fmt::join(bubblewrap_folders, ", "), sandbox_remedy({})));
}

} // namespace troupe::tool_runner
