#include "config/node_ceiling.hpp"

#include "config/known_keys.hpp"
#include "config/layers.hpp"
#include "config/loader.hpp"
#include "config/node_identity.hpp"
#include "config/sandbox_mode_setting.hpp"
#include "config/table_reader.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>

namespace troupe::config {

namespace {

constexpr auto node_keys =
  std::to_array<std::string_view>({"sandbox_mode", "network_access", "roots", "providers", "models",
                                   "members", "max_threads", "max_threads_per_member"});

} // namespace

std::variant<node_ceiling, config_error> load_node_ceiling(const load_request& request) {
  auto layers = read_layers(request);
  if (auto* error = std::get_if<config_error>(&layers))
    return std::move(*error);
  const table_reader root{std::get<layered_settings>(layers).settings};
  const auto from = root.table("node");
  node_ceiling result;
  refuse_unknown_keys(from, "node", node_keys);
  result.sandbox =
    read_sandbox_mode(from, "sandbox_mode", "node.sandbox_mode").value_or(result.sandbox);
  result.network_access = from.boolean("network_access").value_or(false);
  for (const auto& x : from.paths("roots").value_or(std::vector<std::filesystem::path>{}))
    result.roots.push_back(x.lexically_normal().string());
  result.providers = from.texts("providers").value_or(std::vector<std::string>{});
  result.models = from.texts("models").value_or(std::vector<std::string>{});
  result.members = from.texts("members").value_or(std::vector<std::string>{});
  if (!std::ranges::all_of(result.members, is_node_name))
    from.refuse("members", "`node.members` must be names of nodes: letters, digits, '-', '_', '.'");
  result.max_threads = from.count("max_threads").value_or(result.max_threads);
  result.max_threads_per_member = from.count("max_threads_per_member");
  if (root.error())
    return *root.error();
  return result;
}

} // namespace troupe::config
