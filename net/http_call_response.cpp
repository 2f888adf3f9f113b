// The second half of an exchange: reading the response.
#include "net/http_call.hpp"

#include "net/limits.hpp"

#include <utility>

namespace troupe::net {

using boost::system::error_code;

void http_call::read() {
  const auto space = link_->input.space();
  if (space.empty()) // a buffer full of bytes that are neither head nor chunk
    return on_broken(asio::error::message_size);
  is_reading_ = true;
  link_->link.async_read_some(space,
                              [self = shared_from_this()](const error_code& error, std::size_t n) {
                                self->is_reading_ = false;
                                if (self->step_ != step::done)
                                  self->on_read(error, n);
                              });
}

void http_call::on_read(const error_code& error, std::size_t n) {
  if (error)
    return on_broken(error);
  got_bytes_ = true;
  link_->input.commit(n);
  if (step_ == step::draining)
    drain(n);
  else if (step_ == step::reading_head)
    parse_head();
  else
    parse_body();
}

void http_call::on_broken(const error_code& error) {
  if (step_ == step::draining)
    return close();
  if (error == asio::error::message_size)
    return fail(net_errc::bad_response, "overlong chunk header");
  if (!got_bytes_ && is_reused_) {
    link_.reset();
    return connect_afresh();
  }
  // Over TLS the end of the connection is an end of the body only when the peer said so: "end of
  // file" is that, a cut connection is another error.
  if (error == asio::error::eof && got_bytes_ && parser_->end_of_input() == net_errc::none)
    return succeed();
  if (write_broke_ && !got_bytes_)
    return fail(net_errc::write_failed, origin_of(route_.url) + ": " + error.message());
  fail(net_errc::closed_early, origin_of(route_.url) + ": " + error.message());
}

void http_call::parse_head() {
  const auto result = parser_->parse_head(link_->input.unread());
  link_->input.consume(result.used);
  if (result.error != net_errc::none)
    fail(result.error,
         result.error == net_errc::too_large
           ? "the response headers are larger than " + std::to_string(max_head_bytes) + " bytes"
           : std::string{to_text(result.error)} + " (in the response head)");
  else if (parser_->head_is_done())
    on_head();
  else
    read();
}

void http_call::on_head() {
  auto& received = parser_->head();
  outcome_.head = {received.status, std::move(received.headers)};
  if (task_.take_over && received.status == 101)
    return hand_over();
  if (route_.how == route::kind::forward && received.status == 407)
    return fail(net_errc::proxy_refused,
                route_.first_hop() + ": it answered 407 (it wants a user and password)");
  if (redirect())
    return;
  enter(step::reading_body, call_clock::step::body);
  if (task_.handlers.on_head) {
    in_handler_ = true;
    task_.handlers.on_head(outcome_.head);
    in_handler_ = false;
    if (fulfil_wish())
      return;
  }
  if (parser_->is_done())
    succeed();
  else
    next_chunk();
}

void http_call::next_chunk() {
  if (collects() || control_->window.take())
    on_credit();
  else
    enter(step::parked, call_clock::step::suspended);
}

void http_call::on_credit() {
  if (step_ == step::parked)
    enter(step::reading_body, call_clock::step::body);
  if (link_->input.empty())
    read();
  else
    parse_body();
}

void http_call::parse_body() {
  const auto result = parser_->parse_body(link_->input.unread());
  link_->input.consume(result.used);
  if (!result.body.empty()) {
    const bool goes_on = collects() ? collect(result.body) : deliver(result.body);
    if (!goes_on)
      return;
  }
  if (result.error != net_errc::none)
    fail(result.error, std::string{to_text(result.error)} + " (in the response body)");
  else if (parser_->is_done())
    succeed();
  else if (result.body.empty())
    read(); // no chunk for the credit yet
  else
    next_chunk();
}

bool http_call::deliver(std::string_view chunk) {
  body_bytes_ += chunk.size();
  if (body_bytes_ > task_.request.limits.max_response_bytes) {
    fail(net_errc::too_large,
         "response over " + std::to_string(task_.request.limits.max_response_bytes) + " bytes");
    return false;
  }
  if (task_.request.limits.idle_restarts_on == call_limits::progress::chunk)
    clock_.progress(std::chrono::steady_clock::now());
  if (!task_.handlers.on_chunk)
    return true;
  in_handler_ = true;
  task_.handlers.on_chunk(chunk);
  in_handler_ = false;
  return !fulfil_wish();
}

bool http_call::collect(std::string_view chunk) {
  clock_.progress(std::chrono::steady_clock::now());
  const bool is_success = outcome_.head.status / 100 == 2;
  const auto limit = is_success ? *task_.collect_limit : max_error_body_bytes;
  if (outcome_.body.size() + chunk.size() <= limit) {
    outcome_.body += chunk;
    return true;
  }
  if (is_success) {
    fail(net_errc::too_large, "response body over " + std::to_string(limit) + " bytes");
  } else {
    outcome_.body += chunk.substr(0, limit - outcome_.body.size());
    close();
    complete();
  }
  return false;
}

bool http_call::collects() const {
  return outcome_.head.status / 100 != 2 || task_.collect_limit.has_value();
}

} // namespace troupe::net
