#pragma once

#include "actors/model_client/observer.hpp"
#include "actors/telemetry/log_record.hpp"
#include "actors/telemetry/span.hpp"

#include <chrono>
#include <string>

/// From what a model client reports to what a collector is sent. Texts of prompts, answers and
/// providers' errors stay out of it. Pure.
namespace troupe::telemetry {

/// Kinds of events and names of tools come from outside; longer ones are cut.
inline constexpr std::size_t max_outside_bytes = 128;

/// The span of an attempt, which needs `call.trace`; it ended at `now`.
span request_span(const model_client::call_facts& call, const model_client::attempt_end& x,
                  span::time_point now);

/// What every log event tells of the process (contract responses-client.md 13). Empty: not told.
struct log_identity {
  std::string version; ///< of the program
  std::string originator;
  std::string terminal;
  std::string email; ///< of a ChatGPT login
};

/// The log events of contract responses-client.md 13. Thread-safe: it never changes.
class request_logs {
public:
  using time_point = log_record::time_point;

  explicit request_logs(log_identity x) : identity_(std::move(x)) {}

  log_record request(const model_client::call_facts& call, const model_client::request_report& x,
                     time_point now) const;
  log_record sse_event(const model_client::call_facts& call, const model_client::event_report& x,
                       time_point now) const;
  log_record ws_request(const model_client::call_facts& call, const model_client::send_report& x,
                        time_point now) const;
  log_record ws_event(const model_client::call_facts& call, const model_client::event_report& x,
                      time_point now) const;

  /// A complete response: an event of its kind, with what it used.
  log_record completed(const model_client::call_facts& call, const token_usage& used,
                       time_point now) const;

  /// A response that began and was not completed: the same, with the error.
  log_record broken(const model_client::call_facts& call, const model_client::attempt_end& x,
                    time_point now) const;

private:
  log_record make(std::string_view name, const model_client::call_facts& call,
                  time_point now) const;

  log_identity identity_;
};

} // namespace troupe::telemetry
