#include "apps/common/actor_error.hpp"

#include <caf/error.hpp>
#include <caf/message.hpp>

namespace troupe::common {

std::string error_text(const caf::error& x) {
  const auto context = x.context();
  if (context.match_elements<std::string>())
    return context.get_as<std::string>(0);
  return caf::to_string(x);
}

} // namespace troupe::common
