#pragma once

#include "apps/node/node_protocol.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace troupe::node_app {

/// Cuts stdin into lines, piece by piece. Empty ones are passed over. Of a line over the limit the
/// beginning is handed over once, one byte longer than allowed at least, and the rest is skipped up
/// to its line break: it is no order of its own. Pure.
class order_lines {
public:
  using taker = std::function<void(std::string)>;

  explicit order_lines(std::size_t limit = max_order_bytes) : limit_(limit) {}

  void feed(std::string_view chunk, const taker& take);

  /// The input has ended: what is open is a line, too.
  void end(const taker& take) { end_line(take); }

private:
  void add(std::string_view piece, const taker& take);
  void end_line(const taker& take);

  std::size_t limit_;
  std::string open_;
  bool skips_ = false; // the rest of a line that was too long
};

} // namespace troupe::node_app
