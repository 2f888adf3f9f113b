#include "config/node_ceiling.hpp"

#include "config/home.hpp"
#include "config/known_keys.hpp"
#include "config/layers.hpp"
#include "config/loader.hpp"
#include "config/node_identity.hpp"
#include "config/sandbox_mode_setting.hpp"
#include "config/table_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

namespace troupe::config {

namespace fs = std::filesystem;

namespace {

constexpr auto node_keys =
  std::to_array<std::string_view>({"sandbox_mode", "network_access", "roots", "providers", "models",
                                   "members", "max_threads", "max_threads_per_member"});

void read_roots(const table_reader& from, node_ceiling& into) {
  for (const auto& given : from.texts("roots").value_or(std::vector<std::string>{}))
    if (!given.starts_with('/') && given != "~" && !given.starts_with("~/"))
      return from.refuse("roots",
                         fmt::format("`node.roots`: \"{}\" is no absolute path; write it from "
                                     "/ or ~/ on",
                                     given));
  for (const auto& x : from.paths("roots").value_or(std::vector<fs::path>{}))
    into.roots.push_back(x.lexically_normal().string());
}

/// A number of threads up to `most`. None cannot be meant: 0 is no bound elsewhere.
std::optional<std::size_t> read_threads(const table_reader& from, std::string_view key,
                                        std::size_t most) {
  const auto found = from.integer(key);
  if (!found)
    return std::nullopt;
  if (*found >= 1 && static_cast<std::uint64_t>(*found) <= most)
    return static_cast<std::size_t>(*found);
  from.refuse(key,
              fmt::format("`node.{}` is {}; it must be from 1 to {}{}", key, *found, most,
                          *found < 1 ? ". A node without --listen lets nobody start threads" : ""));
  return std::nullopt;
}

} // namespace

std::variant<node_ceiling, config_error> load_node_ceiling(const load_request& request) {
  auto layers = read_layers(request);
  if (auto* error = std::get_if<config_error>(&layers))
    return std::move(*error);
  const table_reader root{std::get<layered_settings>(layers).settings, user_home(request.env)};
  const auto from = root.table("node");
  node_ceiling result;
  refuse_unknown_keys(from, "node", node_keys);
  result.sandbox =
    read_sandbox_mode(from, "sandbox_mode", "node.sandbox_mode").value_or(result.sandbox);
  result.network_access = from.boolean("network_access").value_or(false);
  read_roots(from, result);
  result.providers = from.texts("providers").value_or(std::vector<std::string>{});
  result.models = from.texts("models").value_or(std::vector<std::string>{});
  result.members = from.texts("members").value_or(std::vector<std::string>{});
  if (!std::ranges::all_of(result.members, is_node_name))
    from.refuse("members", "`node.members` must be names of nodes: letters, digits, '-', '_', '.'");
  result.max_threads =
    read_threads(from, "max_threads", node_ceiling::most_threads).value_or(result.max_threads);
  result.max_threads_per_member = read_threads(from, "max_threads_per_member", result.max_threads);
  if (root.error())
    return *root.error();
  return result;
}

std::optional<std::string> problem_of_roots(const node_ceiling& x) {
  for (const auto& root : x.roots) {
    std::error_code failed;
    const auto found = fs::status(root, failed);
    if (fs::is_directory(found))
      continue;
    return fmt::format("[node] roots: {}: {}; make this folder, or take it out of config.toml",
                       root, fs::exists(found) ? "is no folder" : failed.message());
  }
  return std::nullopt;
}

} // namespace troupe::config
