#include "actors/telemetry/event_kinds.hpp"

#include <algorithm>

namespace troupe::telemetry {

static_assert(std::ranges::is_sorted(event_kinds), "event_kind_index searches by halves");

std::size_t event_kind_index(std::string_view kind) {
  const auto found = std::ranges::lower_bound(event_kinds, kind);
  if (found == event_kinds.end() || *found != kind)
    return event_kinds.size();
  return static_cast<std::size_t>(found - event_kinds.begin());
}

std::string_view event_kind_name(std::size_t index) {
  return index < event_kinds.size() ? event_kinds[index] : "other";
}

} // namespace troupe::telemetry
