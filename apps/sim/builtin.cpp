#include "apps/sim/builtin.hpp"

#include "apps/sim/scenario_reader.hpp"
#include "config/suggestion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <filesystem>
#include <vector>

namespace troupe::sim {

namespace {

bool is_there(const std::string& file) {
  std::error_code ignored;
  return std::filesystem::exists(file, ignored);
}

} // namespace

std::optional<scenario> load_builtin(std::string_view name) {
  const auto all = builtin_scenarios();
  const auto known = std::ranges::find(all, name, &builtin_scenario::name);
  if (known == all.end())
    return std::nullopt;
  auto result = read_scenario(known->toml, name);
  assert(std::holds_alternative<scenario>(result));
  auto* loaded = std::get_if<scenario>(&result);
  return loaded == nullptr ? std::nullopt : std::optional{std::move(*loaded)};
}

std::variant<scenario, std::string> open_scenario(const std::string& name_or_file) {
  if (auto known = load_builtin(name_or_file.empty() ? default_scenario : name_or_file))
    return std::move(*known);
  // Most likely a slip in a built-in name when it looks like no path and is none.
  if (name_or_file.find_first_of("/.") == std::string::npos && !is_there(name_or_file)) {
    std::vector<std::string_view> names;
    for (const auto& x : builtin_scenarios())
      names.push_back(x.name);
    return fmt::format("there is no scenario \"{}\"{}", name_or_file,
                       config::suggestion(name_or_file, names));
  }
  return read_scenario_file(name_or_file);
}

} // namespace troupe::sim
