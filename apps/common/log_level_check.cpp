#include "apps/common/log_level_check.hpp"

#include "apps/common/printable_text.hpp"
#include "config/log.hpp"

#include <fmt/format.h>

#include <cstddef>

namespace troupe::common {

std::string unknown_log_level(const char* given) {
  constexpr std::size_t shown_characters = 40;
  if (given == nullptr || *given == '\0' || log::parse_level(given))
    return {};
  return fmt::format("Warning: TROUPE_LOG=\"{}\" does not count: known are off, error, warn, info "
                     "and debug\n",
                     shortened(one_line(given), shown_characters));
}

} // namespace troupe::common
