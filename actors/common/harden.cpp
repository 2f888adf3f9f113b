#include "actors/common/harden.hpp"

#include "config/log.hpp"
#include "messages/type_ids.hpp"

#include <caf/scheduled_actor.hpp>
#include <caf/sec.hpp>

#include <exception>

namespace troupe {

namespace {

caf::skippable_result reject_unknown(caf::scheduled_actor* self, caf::message& x) {
  log::warning("{}: unexpected message of types {}", self->name(), caf::to_string(x.types()));
  if (self->current_message_id().is_request())
    return caf::make_error(caf::sec::unexpected_message);
  // An error as the answer to a one-way message would stop its sender.
  return caf::message{};
}

void log_stray(caf::scheduled_actor* self, caf::error& x) {
  // Without its text, which may quote what was in a message.
  const auto category = caf::query_type_name(x.category());
  log::warning("{}: stray error {} of {}", self->name(), x.code(),
               std::string_view{category.data(), category.size()});
}

caf::error end_by_exception(caf::scheduled_actor* self, std::exception_ptr& problem) {
  const char* text = "not a standard exception";
  try {
    std::rethrow_exception(problem);
  } catch (const std::exception& x) {
    log::error("{}: ends by an exception: {}", self->name(), x.what());
    return caf::make_error(errc::internal, std::string{x.what()});
  } catch (...) {
    log::error("{}: ends by an exception: {}", self->name(), text);
  }
  return caf::make_error(errc::internal, std::string{text});
}

} // namespace

void harden(caf::scheduled_actor* self) {
  self->set_default_handler(reject_unknown);
  self->set_error_handler(log_stray);
  self->set_down_handler(
    [self](caf::down_msg&) { log::warning("{}: stray down message", self->name()); });
  self->set_exception_handler(
    [self](std::exception_ptr& problem) { return end_by_exception(self, problem); });
}

} // namespace troupe
