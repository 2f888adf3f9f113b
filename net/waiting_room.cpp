#include "net/waiting_room.hpp"

#include "net/http_session.hpp"

#include <algorithm>

namespace troupe::net {

waiting_room::place waiting_room::enter(http_session& x) {
  const auto result = order_.insert(order_.end(), &x);
  if (order_.size() > std::max<std::size_t>(limit_, 1))
    order_.front()->abandon(); // leaves by itself
  return result;
}

void waiting_room::make_room(std::size_t count) {
  for (; count > 0 && !order_.empty(); --count)
    order_.front()->abandon();
}

} // namespace troupe::net
