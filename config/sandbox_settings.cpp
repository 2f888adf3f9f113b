#include "config/sandbox_settings.hpp"

#include "config/home.hpp"
#include "config/known_keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <string_view>
#include <unistd.h>
#include <utility>

namespace troupe::config {

namespace fs = std::filesystem;

namespace {

constexpr auto sandbox_keys = std::to_array<std::string_view>({"tmp", "hidden", "uid"});

/// Where nothing can be run without them. What lies below, or is of use to some commands only
/// (/etc, /home, /usr/local), may be meant.
constexpr auto needed_folders =
  std::to_array<std::string_view>({"/usr", "/usr/bin", "/usr/lib", "/usr/lib64", "/bin", "/sbin",
                                   "/lib", "/lib64", "/dev", "/proc"});

/// Why `path`, written as `text`, cannot be hidden; empty: it can.
std::string_view hiding_problem(std::string_view text, const fs::path& path) {
  if (text.empty())
    return "it names nothing; write `hidden = []` to hide nothing";
  if (!text.starts_with('/') &&
      !(text.starts_with('~') && path.is_absolute() && (text.size() == 1 || text[1] == '/')))
    return "write an absolute path, or one that starts with ~/";
  const auto folder = path.has_filename() || path == "/" ? path : path.parent_path();
  if (folder == "/")
    return "it is everything; name the folders that commands must not read";
  if (std::ranges::find(needed_folders, folder.native()) != needed_folders.end())
    return "no command can run without it; name what lies below";
  return {};
}

std::vector<fs::path> read_hidden(const table_reader& table, std::vector<fs::path> otherwise) {
  const auto texts = table.texts("hidden");
  auto paths = table.paths("hidden");
  if (!texts || !paths)
    return otherwise;
  if (paths->size() > sandbox_settings::max_hidden)
    table.refuse("hidden", fmt::format("`sandbox.hidden` may hold at most {} paths",
                                       sandbox_settings::max_hidden));
  for (std::size_t i = 0; i < paths->size(); ++i)
    if (const auto problem = hiding_problem((*texts)[i], (*paths)[i]); !problem.empty())
      table.refuse("hidden",
                   fmt::format("`sandbox.hidden` cannot hold \"{}\": {}", (*texts)[i], problem));
  return *std::move(paths);
}

} // namespace

std::vector<fs::path> default_hidden(const environment& env) {
  std::vector<fs::path> result;
  if (const auto home = user_home(env); !home.empty())
    for (const auto* name : {".ssh", ".aws", ".gnupg"})
      result.push_back(home / name);
  if (::geteuid() == 0)
    for (const auto* name : {"/etc/shadow", "/etc/shadow-", "/etc/gshadow", "/etc/gshadow-"})
      result.emplace_back(name);
  return result;
}

sandbox_settings read_sandbox_settings(const table_reader& table, const environment& env) {
  sandbox_settings result;
  refuse_unknown_keys(table, "sandbox", sandbox_keys);
  result.tmp = table.choice<tmp_folder>("tmp");
  result.hidden = read_hidden(table, default_hidden(env));
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
