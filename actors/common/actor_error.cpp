#include "actors/common/actor_error.hpp"

#include <caf/error.hpp>
#include <caf/message.hpp>
#include <caf/sec.hpp>

namespace troupe {

std::string error_text(const caf::error& x) {
  const auto context = x.context();
  if (context.match_elements<std::string>())
    return context.get_as<std::string>(0);
  if (x == caf::sec::request_timeout)
    return "no answer came in time";
  if (x == caf::sec::request_receiver_down)
    return "it has ended";
  return caf::to_string(x);
}

} // namespace troupe
