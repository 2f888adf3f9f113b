#pragma once

#include <cstddef>
#include <list>

namespace troupe::net {

class http_session;

/// The connections of a server, on one thread, on which nothing is being answered, those first that
/// have waited longest. Bounded: see `server_options::max_waiting`.
class waiting_room {
public:
  using place = std::list<http_session*>::iterator;

  explicit waiting_room(std::size_t limit) : limit_(limit) {}

  /// Closes the one that has waited longest when there are too many. Never the new one.
  place enter(http_session& x);
  void leave(place x) { order_.erase(x); }

  /// Closes up to `count`, to have their descriptors back.
  void make_room(std::size_t count);

private:
  std::size_t limit_;
  std::list<http_session*> order_;
};

} // namespace troupe::net
