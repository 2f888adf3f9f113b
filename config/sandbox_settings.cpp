#include "config/sandbox_settings.hpp"

#include <fmt/format.h>

#include <limits>
#include <unistd.h>
#include <utility>

namespace troupe::config {

namespace fs = std::filesystem;

std::vector<fs::path> default_hidden(const environment& env) {
  std::vector<fs::path> result;
  if (const auto home = non_blank(env, "HOME"); home && home->starts_with('/'))
    for (const auto* name : {".ssh", ".aws", ".gnupg"})
      result.push_back(fs::path{*home} / name);
  if (::geteuid() == 0)
    for (const auto* name : {"/etc/shadow", "/etc/shadow-", "/etc/gshadow", "/etc/gshadow-"})
      result.emplace_back(name);
  return result;
}

sandbox_settings read_sandbox_settings(const table_reader& table, const environment& env) {
  sandbox_settings result;
  result.tmp = table.choice<tmp_folder>("tmp");
  auto hidden = table.paths("hidden");
  if (hidden && hidden->size() > sandbox_settings::max_hidden)
    table.refuse("hidden", fmt::format("`sandbox.hidden` may hold at most {} paths",
                                       sandbox_settings::max_hidden));
  result.hidden = hidden ? *std::move(hidden) : default_hidden(env);
  if (const auto uid = table.count("uid")) {
    // The highest number means "no change" to the kernel.
    if (*uid == 0 || *uid >= std::numeric_limits<std::uint32_t>::max())
      table.refuse("uid", "`sandbox.uid` must be the number of a user other than root");
    else if (::geteuid() != 0)
      table.refuse("uid", "`sandbox.uid` needs a program that runs as root");
    else
      result.uid = static_cast<std::uint32_t>(*uid);
  }
  return result;
}

} // namespace troupe::config
