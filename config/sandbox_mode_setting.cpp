#include "config/sandbox_mode_setting.hpp"

#include "config/table_reader.hpp"

#include <fmt/format.h>

namespace troupe::config {

std::optional<sandbox_mode> read_sandbox_mode(const table_reader& from, std::string_view key,
                                              std::string_view called) {
  const auto word = from.text(key);
  if (!word)
    return std::nullopt;
  const auto result = parse_enum<sandbox_mode>(*word);
  if (result && *result != sandbox_mode::external_sandbox)
    return result;
  from.refuse(key, fmt::format("`{}` must be `read-only`, `workspace-write` or "
                               "`danger-full-access`",
                               called));
  return std::nullopt;
}

} // namespace troupe::config
