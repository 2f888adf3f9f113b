#include "apps/node/order_lines.hpp"

#include <utility>

namespace troupe::node_app {

void order_lines::feed(std::string_view chunk, const taker& take) {
  for (auto end = chunk.find('\n'); end != std::string_view::npos; end = chunk.find('\n')) {
    add(chunk.substr(0, end), take);
    end_line(take);
    chunk.remove_prefix(end + 1);
  }
  add(chunk, take);
}

void order_lines::add(std::string_view piece, const taker& take) {
  if (skips_)
    return;
  open_ += piece;
  if (open_.size() <= limit_)
    return;
  skips_ = true;
  take(std::exchange(open_, {}));
}

void order_lines::end_line(const taker& take) {
  if (!std::exchange(skips_, false) && !open_.empty())
    take(std::exchange(open_, {}));
}

} // namespace troupe::node_app
