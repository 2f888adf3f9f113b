#include "config/requirements.hpp"

#include "config/table_reader.hpp"

#include <algorithm>

namespace troupe::config {

namespace {

template <wire_enum Enum>
std::optional<std::vector<Enum>> read_list(const table_reader& from, std::string_view key) {
  const auto words = from.texts(key);
  if (!words)
    return std::nullopt;
  std::vector<Enum> result;
  for (const auto& word : *words) {
    const auto value = parse_enum<Enum>(word);
    if (value)
      result.push_back(*value);
    else
      from.refuse(key, "unknown value `" + word + "`");
  }
  return result;
}

} // namespace

std::variant<requirements, config_error> read_requirements(const setting_table& settings) {
  const table_reader from{settings};
  requirements result;
  result.approval_policies = read_list<approval_policy>(from, "allowed_approval_policies");
  if (result.approval_policies && result.approval_policies->empty())
    from.refuse("allowed_approval_policies", "`allowed_approval_policies` must not be empty");
  result.sandbox_modes = read_list<sandbox_mode>(from, "allowed_sandbox_modes");
  result.web_search_modes = read_list<web_search_mode>(from, "allowed_web_search_modes");
  if (result.sandbox_modes && std::ranges::find(*result.sandbox_modes, sandbox_mode::read_only) ==
                                result.sandbox_modes->end())
    from.refuse("allowed_sandbox_modes", "`allowed_sandbox_modes` must hold `read-only`");
  if (result.web_search_modes)
    result.web_search_modes->push_back(web_search_mode::disabled);
  if (from.error())
    return *from.error();
  return result;
}

} // namespace troupe::config
