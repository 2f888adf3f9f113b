#include "config/node_ceiling.hpp"

#include "config/layers.hpp"
#include "config/loader.hpp"
#include "config/node_identity.hpp"
#include "config/table_reader.hpp"

#include <algorithm>
#include <filesystem>

namespace troupe::config {

std::variant<node_ceiling, config_error> load_node_ceiling(const load_request& request) {
  auto layers = read_layers(request);
  if (auto* error = std::get_if<config_error>(&layers))
    return std::move(*error);
  const table_reader root{std::get<layered_settings>(layers).settings};
  const auto from = root.table("node");
  node_ceiling result;
  result.sandbox = from.choice<sandbox_mode>("sandbox_mode").value_or(result.sandbox);
  if (result.sandbox == sandbox_mode::external_sandbox)
    from.refuse("sandbox_mode", "must be read-only, workspace-write or danger-full-access");
  result.network_access = from.boolean("network_access").value_or(false);
  for (const auto& x : from.paths("roots").value_or(std::vector<std::filesystem::path>{}))
    result.roots.push_back(x.lexically_normal().string());
  result.providers = from.texts("providers").value_or(std::vector<std::string>{});
  result.models = from.texts("models").value_or(std::vector<std::string>{});
  result.members = from.texts("members").value_or(std::vector<std::string>{});
  if (!std::ranges::all_of(result.members, is_node_name))
    from.refuse("members", "must be names of nodes: letters, digits, '-', '_', '.'");
  result.max_threads = from.count("max_threads").value_or(result.max_threads);
  result.max_threads_per_member = from.count("max_threads_per_member");
  if (root.error())
    return *root.error();
  return result;
}

} // namespace troupe::config
