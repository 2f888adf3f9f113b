#pragma once

#include "actors/model_client/observer.hpp"
#include "actors/model_client/rate_governor.hpp"
#include "actors/model_client/stream_audience.hpp"
#include "actors/model_client/stream_errors.hpp"
#include "actors/model_client/stream_reader.hpp"
#include "messages/errors.hpp"
#include "messages/model_stream.hpp"
#include "net/http_client.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::model_client {

/// Who watches an attempt, if anybody does.
struct observation {
  model_client::observer* observer = nullptr; ///< none: nobody
  call_facts call;
  std::uint32_t attempt = 0;
  std::chrono::steady_clock::time_point began{};

  /// Tells the observer, which must be there, that the attempt is over now.
  void tell_over(attempt_end x) const;
};

/// What becomes of an attempt, told on its I/O thread.
struct attempt_owner {
  /// It is over: `http_attempt::outcome` and the like may be read. Exactly once, last.
  std::function<void()> on_over;

  /// The governor wants to know of its answer: `http_attempt::answer_status` and `answer_reading`
  /// may be read. At most once, before `on_over`.
  std::function<void()> on_answer;

  /// For `Retry-After` dates.
  std::function<std::int64_t()> unix_now;
};

struct attempt_setup {
  std::shared_ptr<stream_audience> audience;
  std::size_t max_event_bytes = 0;
  response_limits limits;        ///< of the provider, for the words of an error
  std::optional<rate_pass> pass; ///< none: nobody governs
  observation watched;
  bool keeps_body = false; ///< for a recording
  attempt_owner owner;
};

/// One HTTP exchange of a stream. Its handlers run on the I/O thread, one after the other, and read
/// the response right there: one message per read goes to the consumer, none to the actor. Once it
/// is over it belongs to the actor.
class http_attempt : public std::enable_shared_from_this<http_attempt> {
public:
  using setup = attempt_setup;

  http_attempt(setup x, std::shared_ptr<net::byte_budget> budget);

  /// Starts the exchange; nothing of it is delivered before `granted` is more than 0.
  static std::shared_ptr<http_attempt> start(net::http_client& client, net::http_request request,
                                             std::uint64_t granted, setup x);

  void grant(std::uint64_t messages) const { call_.grant(messages); }
  void cancel() const { call_.cancel(); }

  // When it is over.
  const net::call_outcome& outcome() const { return outcome_; }
  bool is_completed() const { return reader_.is_completed(); }
  bool has_begun() const;
  /// Why a stream that had begun was not completed.
  const model_error& failure() const { return *failure_; }
  /// What came of it, where it is kept.
  const std::string& kept_body() const { return kept_body_; }

  // After `on_answer`.
  const rate_pass& pass() const { return *setup_.pass; }
  int answer_status() const { return answer_status_; }
  const rate_reading& answer_reading() const { return answer_reading_; }

private:
  using clock = std::chrono::steady_clock;

  void on_head(const net::response_head& head);
  void on_chunk(std::string_view bytes);
  void on_done(net::call_outcome outcome);

  void settle(const net::response_head& head);
  void send_events();
  void report_request(const net::response_head& head, net::net_errc error);
  void report_events(std::size_t dispatched);
  void report_end(net::net_errc error);
  void report_over();

  setup setup_;
  net::call_handle call_;
  stream_reader reader_;
  std::vector<model_event> events_;          // not sent yet
  net::net_errc flaw_ = net::net_errc::none; ///< of the stream: it was ended for that
  bool is_settled_ = false;
  bool is_reported_ = false;
  bool is_reported_over_ = false;
  int status_ = 0;
  clock::time_point waiting_since_{}; // only kept for an observer
  int answer_status_ = 0;
  rate_reading answer_reading_;
  net::call_outcome outcome_;
  std::optional<model_error> failure_;
  std::optional<token_usage> usage_; // only read for an observer
  std::string kept_body_;
};

} // namespace troupe::model_client
