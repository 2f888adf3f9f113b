#pragma once

#include "actors/model_client/http_attempt_run.hpp"
#include "net/http_client.hpp"

#include <cstddef>
#include <functional>
#include <memory>

namespace troupe::model_client {

/// A response in one piece is a history, or texts made of one: below 8 MiB.
inline constexpr std::size_t max_unary_bytes = 64 * 1024 * 1024;

/// One HTTP exchange of a call that answers in one piece. Once it is over it belongs to the actor.
class unary_attempt {
public:
  /// `on_over` is called on an I/O thread, once, when `outcome` may be read.
  static std::shared_ptr<unary_attempt> start(net::http_client& client, net::http_request request,
                                              observation watched, std::function<void()> on_over);

  void cancel() const { call_.cancel(); }

  const net::call_outcome& outcome() const { return outcome_; }

private:
  net::call_handle call_;
  net::call_outcome outcome_;
};

} // namespace troupe::model_client
