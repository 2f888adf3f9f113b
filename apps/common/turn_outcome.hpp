#pragma once

#include "messages/event.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace troupe::common {

enum class turn_status : std::uint8_t { running, completed, failed, interrupted };

/// Follows the events of a thread that runs one turn and knows how it ended.
class turn_outcome {
public:
  void on(const event_msg& x);

  turn_status status() const { return status_; }
  bool is_over() const { return status_ != turn_status::running; }

  /// The turn's last agent message; none for a turn that failed or said nothing.
  const std::optional<std::string>& final_message() const { return final_message_; }

  /// Why the turn failed; empty otherwise.
  const std::string& error() const { return error_; }

  /// Of the thread, earlier turns included; all zero when the provider reported none.
  const token_usage& usage() const { return usage_; }

  /// The thread could not start or was lost before the turn could end.
  void fail(std::string error);

private:
  turn_status status_ = turn_status::running;
  std::optional<std::string> final_message_;
  std::optional<std::string> failure_; ///< seen, but the turn is not over yet
  std::string error_;
  token_usage usage_;
};

} // namespace troupe::common
