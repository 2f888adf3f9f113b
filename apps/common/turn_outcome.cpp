#include "apps/common/turn_outcome.hpp"

#include <utility>

namespace troupe::common {

void turn_outcome::on(const event_msg& x) {
  if (is_over())
    return;
  if (const auto* counted = std::get_if<token_count>(&x)) {
    if (counted->usage)
      usage_ = counted->usage->total;
  } else if (const auto* failed = std::get_if<turn_error>(&x)) {
    failure_ = failed->message;
  } else if (const auto* done = std::get_if<item_completed>(&x)) {
    if (const auto* message = std::get_if<agent_message_item>(&done->item))
      final_message_ = message->text;
  } else if (const auto* complete = std::get_if<task_complete>(&x)) {
    if (failure_) {
      fail(*std::move(failure_));
      return;
    }
    status_ = turn_status::completed;
    if (complete->last_agent_message)
      final_message_ = complete->last_agent_message;
  } else if (std::holds_alternative<turn_aborted>(x)) {
    status_ = turn_status::interrupted;
  }
}

void turn_outcome::fail(std::string error) {
  status_ = turn_status::failed;
  error_ = std::move(error);
  final_message_.reset();
}

} // namespace troupe::common
