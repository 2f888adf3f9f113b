#pragma once

#include "apps/common/stop_signals.hpp"

#include <functional>
#include <memory>
#include <string>

namespace troupe::node_app {

/// Orders on stdin, and the signals that end a node (`common::stop_signals`), which count from the
/// construction on.
class order_input {
public:
  order_input();

  /// Hands each line to `take`, until one of the signals. The end of stdin ends the reading, not
  /// the waiting. Blocks the calling thread. See `order_lines` for long lines.
  void read(const std::function<void(std::string)>& take) const;

private:
  class wake_up;
  std::shared_ptr<const wake_up> stop_;
  common::stop_signals signals_;
};

} // namespace troupe::node_app
