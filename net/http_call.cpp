#include "net/http_call.hpp"

#include "net/limits.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace troupe::net {

using boost::system::error_code;
using clock_type = std::chrono::steady_clock;

namespace {

// `Proxy-Authorization` because it is the proxy's alone and comes from its rules.
constexpr auto own_headers = std::to_array<std::string_view>(
  {"Content-Length", "Transfer-Encoding", "Connection", "Proxy-Authorization"});

bool is_own_header(std::string_view name) {
  return std::ranges::any_of(own_headers,
                             [&](auto own) { return equals_ignoring_case(own, name); });
}

std::size_t body_bytes(const std::vector<body_part>& parts) {
  std::size_t sum = 0;
  for (const auto& part : parts)
    sum += part ? part->size() : 0;
  return sum;
}

} // namespace

http_call::http_call(std::shared_ptr<http_pool> pool, std::shared_ptr<call_handle::control> control,
                     task x)
  : pool_(std::move(pool)), control_(std::move(control)), task_(std::move(x)),
    redirects_(task_.request.max_redirects),
    clock_(task_.request.limits, task_.request.start_delay, clock_type::now()),
    timer_(pool_->lane()->context()) {}

// ---- from the outside ---------------------------------------------------------------------------

void http_call::start() {
  if (step_ == step::done) // cancelled on this lane before this ran
    return;
  if (!pool_->enrol_call(*this))
    return fail(net_errc::cancelled);
  self_ = shared_from_this();
  if (!is_legal_header_name(task_.request.method))
    return fail(net_errc::bad_request, "the method is not a token");
  if (task_.request.start_delay.count() > 0)
    arm_timer();
  else
    find_route();
}

void http_call::refuse(net_errc why) {
  fail(why);
}

void http_call::cancel() {
  if (in_handler_)
    wish_ = wish::cancel;
  else if (step_ == step::draining)
    close();
  else if (step_ != step::done)
    fail(net_errc::cancelled);
}

void http_call::finish_early() {
  if (in_handler_)
    wish_ = wish_ == wish::none ? wish::finish_early : wish_;
  else if (step_ == step::reading_body || step_ == step::parked)
    succeed_early();
  else
    cancel();
}

void http_call::resume() {
  if (step_ == step::parked)
    on_credit();
}

void http_call::abandon() {
  cancel();
}

/// What the caller has counted since the last look: atomic, because it may do so on any thread.
void http_call::read_marks() {
  clock_.progress(clock_type::time_point{clock_type::duration{control_->progress_at.load()}});
  clock_.advance(clock_type::time_point{clock_type::duration{control_->advanced_at.load()}});
}

void http_call::on_timer() {
  if (step_ == step::done)
    return;
  const auto now = clock_type::now();
  read_marks();
  if (now < clock_.deadline())
    return arm_timer();
  const auto verdict = clock_.verdict();
  if (verdict != net_errc::none)
    fail(verdict);
  else if (step_ == step::waiting)
    find_route();
  else
    close(); // enough drained
}

// ---- request ------------------------------------------------------------------------------------

void http_call::use(std::unique_ptr<connection> link) {
  link_ = std::move(link);
  parser_.emplace(task_.request.method == "HEAD" ? message_parser::kind::response_without_body
                                                 : message_parser::kind::response);
  got_bytes_ = write_broke_ = false;
  send();
}

void http_call::send() {
  enter(step::sending, call_clock::step::head);
  head_text_ = head_text();
  out_.assign(1, asio::buffer(head_text_));
  for (const auto& part : task_.request.body)
    if (part && !part->empty())
      out_.push_back(asio::buffer(*part));
  link_->link.async_write(
    out_, [self = shared_from_this()](const error_code& error) { self->on_written(error); });
}

std::string http_call::head_text() const {
  const auto& request = task_.request;
  std::string text;
  text.reserve(1024);
  text.append(request.method).append(" ");
  if (route_.how == route::kind::forward)
    text.append(origin_of(route_.url));
  text.append(route_.url.target).append(" HTTP/1.1\r\n");
  if (!request.headers.contains("Host"))
    text.append("Host: ").append(route_.url.host_header).append("\r\n");
  if (route_.how == route::kind::forward && !route_.proxy->authorization.empty())
    text.append("Proxy-Authorization: ").append(route_.proxy->authorization).append("\r\n");
  if (task_.take_over)
    text.append("Connection: Upgrade\r\n");
  for (const auto& x : request.headers)
    if (!is_own_header(x.name))
      text.append(x.name).append(": ").append(x.value).append("\r\n");
  const auto size = body_bytes(request.body);
  if (size > 0 || (request.method != "GET" && request.method != "HEAD"))
    text.append("Content-Length: ").append(std::to_string(size)).append("\r\n");
  return text.append("\r\n");
}

void http_call::on_written(const error_code& error) {
  if (step_ != step::sending)
    return;
  // A server may refuse a request before it has read all of it, and close: its answer is worth more
  // than our broken pipe.
  write_broke_ = static_cast<bool>(error);
  step_ = step::reading_head;
  read();
}

// ---- completion ---------------------------------------------------------------------------------

bool http_call::fulfil_wish() {
  switch (std::exchange(wish_, wish::none)) {
  case wish::none: return false;
  case wish::cancel: fail(net_errc::cancelled); return true;
  case wish::finish_early:
    if (step_ == step::reading_body)
      succeed_early();
    else
      fail(net_errc::cancelled);
    return true;
  }
  return false; // unreachable; keeps GCC content
}

void http_call::enter(step x, call_clock::step limited_as) {
  step_ = x;
  read_marks(); // the clock must know them before it is suspended
  clock_.enter(limited_as, clock_type::now());
  arm_timer();
}

void http_call::arm_timer() {
  const auto deadline = clock_.deadline();
  if (deadline != call_clock::time_point::max())
    timer_.arm(shared_from_this(), deadline);
}

void http_call::fail(net_errc error, std::string detail) {
  const auto alive = shared_from_this(); // `close` may release the last owner
  outcome_.error = error;
  outcome_.detail = std::move(detail);
  close();
  complete();
}

void http_call::succeed() {
  keep_connection();
  close();
  complete();
}

void http_call::succeed_early() {
  if (parser_->is_done())
    return succeed();
  enter(step::draining, call_clock::step::draining);
  if (!is_reading_)
    read();
  complete();
}

void http_call::complete() {
  const auto handlers = std::exchange(task_.handlers, {});
  if (handlers.on_done)
    handlers.on_done(std::move(outcome_));
}

void http_call::drain(std::size_t received) {
  drained_bytes_ += received;
  const auto result = parser_->parse_body(link_->input.unread());
  link_->input.consume(result.used);
  if (parser_->is_done())
    keep_connection();
  if (parser_->is_done() || result.error != net_errc::none || drained_bytes_ > max_drain_bytes)
    close();
  else
    read();
}

void http_call::keep_connection() {
  if (parser_->is_done() && parser_->keeps_alive() && !write_broke_)
    pool_->give(std::move(link_));
}

void http_call::close() {
  const auto alive = shared_from_this();
  step_ = step::done;
  timer_.cancel();
  if (const auto running = std::exchange(connector_, nullptr))
    running->cancel();
  if (link_) // stays until its operation has completed
    link_->link.close();
  if (place_ != 0)
    pool_->gate().leave(route_.key(), place_);
  slot_.reset();
  if (is_linked())
    unlink();
  self_.reset();
}

} // namespace troupe::net
