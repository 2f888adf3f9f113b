#include "net/http_session.hpp"

#include "net/limits.hpp"
#include "net/wire/local_host.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace troupe::net {

using boost::system::error_code;
using clock_type = std::chrono::steady_clock;

namespace {

// A server keeps more connections than a client, most of them quiet.
constexpr std::size_t first_buffer_bytes = 4 * 1024;

} // namespace

http_session::http_session(surroundings around, tcp_socket socket)
  : lane_(std::move(around.lane)), core_(std::move(around.core)),
    waiting_(std::move(around.waiting)), link_(std::move(socket)), timer_(lane_->context()),
    input_(first_buffer_bytes, max_read_buffer_bytes), parser_(message_parser::kind::request),
    body_share_(core_->unfinished_bodies),
    unsent_bytes_(std::make_shared<std::atomic<std::size_t>>(0)) {}

void http_session::start() {
  self_ = shared_from_this();
  ++core_->connections;
  link_.send_without_delay();
  enter(step::greeting);
  if (!core_->tls) {
    enter(step::reading_head);
    read();
    return;
  }
  link_.add_tls(*core_->tls)
    .async_handshake(asio::ssl::stream_base::server,
                     [self = shared_from_this()](const error_code& error) {
                       if (self->step_ == step::closed)
                         return;
                       if (error)
                         return self->close();
                       self->enter(step::reading_head);
                       self->read();
                     });
}

void http_session::abandon() {
  if (step_ == step::upgraded)
    socket_->abandon();
  else
    close();
}

// ---- reading
// --------------------------------------------------------------------------------------

void http_session::read() {
  if (is_reading_ || step_ == step::closed)
    return;
  std::span<char> space;
  reads_body_ = step_ == step::reading_body && missing_bytes_ > 0;
  if (reads_body_) {
    auto& body = request_.body; // a body of known length is read where it belongs
    if (body.size() == body_size_) {
      const auto size =
        body_size_ + std::min(missing_bytes_, std::max(first_body_bytes, body_size_));
      if (!make_room(size))
        return;
      body.resize(size);
    }
    space = std::span{body}.subspan(body_size_);
  } else {
    space = input_.space();
  }
  if (space.empty()) // enough requests wait; the end of the response reads on
    return;
  is_reading_ = true;
  link_.async_read_some(space, [self = shared_from_this()](const error_code& error, std::size_t n) {
    self->is_reading_ = false;
    if (self->step_ != step::closed)
      self->on_read(error, n);
  });
}

void http_session::on_read(const error_code& error, std::size_t n) {
  if (step_ == step::upgrading) { // cancelled, or just before
    input_.commit(n);
    return hand_over();
  }
  if (error)
    return on_client_gone();
  if (step_ == step::lingering) {
    lingered_bytes_ += n;
    return lingered_bytes_ > max_drain_bytes ? close() : read();
  }
  if (step_ == step::reading_body)
    progress_at_ = clock_type::now();
  if (reads_body_) {
    body_size_ += n;
    missing_bytes_ -= n;
  } else {
    input_.commit(n);
    if (step_ == step::reading_head && !std::exchange(has_begun_, true) && !is_new_)
      enter(step::reading_head); // a later request's time begins with its first byte
  }
  if (step_ == step::answering)
    read();
  else
    advance();
}

// Handles as many requests as are there. A handler that answers at once comes back here by
// returning, not by calling, so that pipelined requests cannot nest.
void http_session::advance() {
  while (step_ == step::reading_head || step_ == step::reading_body) {
    const bool complete = step_ == step::reading_head ? parse_head() : read_body();
    if (!complete)
      return;
    if (step_ == step::reading_body)
      handle_request();
  }
  if (step_ == step::answering && !may_upgrade_)
    read();
}

// True: the step is done, be it with a refusal.
bool http_session::parse_head() {
  if (!input_.empty()) {
    const auto result = parser_.parse_head(input_.unread());
    input_.consume(result.used);
    if (result.error != net_errc::none) {
      refuse(result.error == net_errc::too_large ? 431 : 400);
      return true;
    }
  }
  if (!parser_.head_is_done()) {
    read();
    return false;
  }
  on_head();
  return step_ != step::reading_body || read_body();
}

void http_session::on_head() {
  auto& head = parser_.head();
  is_head_request_ = head.method == "HEAD";
  is_old_version_ = head.version == 10;
  keeps_alive_ = parser_.keeps_alive();
  request_ = {std::move(head.method), std::move(head.target), std::move(head.headers), {}};
  const auto length = parser_.content_length().value_or(0);
  if (length > core_->options.max_body_bytes)
    return refuse(413);
  missing_bytes_ = static_cast<std::size_t>(length);
  body_size_ = 0;
  step_ = step::reading_body; // from the same start: the time limit is the request's
  is_new_ = false;
  progress_at_ = clock_type::now();
  arm_timer();
  const auto expected = request_.headers.find("Expect");
  if (expected && equals_ignoring_case(*expected, "100-continue")) {
    out_.tail() += "HTTP/1.1 100 Continue\r\n\r\n";
    flush();
  }
}

bool http_session::read_body() {
  if (parser_.is_done())
    return true;
  return parser_.content_length() ? take_plain_body() : parse_chunked_body();
}

bool http_session::take_plain_body() {
  const auto here = input_.unread().first(std::min(input_.unread().size(), missing_bytes_));
  if (!here.empty()) {
    if (!make_room(here.size()))
      return true;
    request_.body.append(here.data(), here.size());
    input_.consume(here.size());
    body_size_ += here.size();
    missing_bytes_ -= here.size();
    if (input_.empty() && !is_reading_)
      input_.release();
  }
  if (missing_bytes_ > 0)
    read();
  return missing_bytes_ == 0;
}

bool http_session::parse_chunked_body() {
  const auto result = parser_.parse_body(input_.unread());
  const auto size = request_.body.size() + result.body.size();
  if (result.error != net_errc::none)
    return refuse(400), true;
  if (size > core_->options.max_body_bytes)
    return refuse(413), true;
  if (!make_room(size))
    return true;
  request_.body += result.body;
  input_.consume(result.used);
  if (!parser_.is_done())
    return read(), false;
  return true;
}

// For a body of `body_bytes`; false: there is none, and the request is refused.
bool http_session::make_room(std::size_t body_bytes) {
  auto& body = request_.body;
  const auto capacity = grown_capacity(body.capacity(), body_bytes);
  if (!body_share_.hold(capacity + input_.capacity()))
    return refuse(503), false;
  regrow(body, capacity);
  return true;
}

void http_session::handle_request() {
  enter(step::answering);
  ++request_number_;
  framing_ = framing::none;
  hangs_ = false;
  may_upgrade_ = !is_old_version_ && asks_for_websocket(request_);
  upgrade_headers_ = may_upgrade_ ? request_.headers : header_list{};
  if (input_.empty() && !is_reading_)
    input_.release();
  body_share_.hold(0); // from here on it is the handler's
  in_handler_ = true;
  if (core_->options.hosts == served_hosts::loopback && !is_for_loopback(request_.headers)) {
    request_ = {};
    answer(403, {}, "This server answers requests to localhost only.\n");
  } else {
    hand_to_handler();
  }
  in_handler_ = false;
  flush();
}

void http_session::hand_to_handler() {
  auto control =
    std::make_shared<responder::control>(lane_, weak_from_this(), request_number_, unsent_bytes_);
  responder_ = control;
  core_->on_request(std::exchange(request_, {}), responder{std::move(control)});
}

void http_session::refuse(int status) {
  enter(step::answering);
  ++request_number_;
  framing_ = framing::none;
  keeps_alive_ = false;
  request_ = {};
  body_share_.hold(0);
  answer(status, {}, {});
}

// ---- ends
// -----------------------------------------------------------------------------------------

// Whoever closes a connection with unread input resets it, and the reset can overtake the response.
// So: end our side, then wait a moment for the client to end its own.
void http_session::linger() {
  enter(step::lingering);
  error_code ignored;
  link_.socket().shutdown(asio::socket_base::shutdown_send, ignored);
  read();
}

void http_session::on_client_gone() {
  const auto run = std::exchange(on_disconnect_, nullptr);
  if (const auto control = responder_.lock())
    control->is_lost = is_answering(control->request);
  close();
  if (run)
    run();
}

void http_session::close() {
  if (step_ == step::closed)
    return;
  const auto alive = shared_from_this();
  step_ = step::closed;
  wait_or_not();
  --core_->connections;
  timer_.cancel();
  link_.close();
  on_disconnect_ = nullptr;
  unsent_bytes_->store(0);
  if (const auto waiting = std::exchange(socket_, nullptr))
    waiting->refuse({.error = net_errc::closed_early, .detail = "the client is gone"});
  tell(out_.clear(), net_errc::closed_early);
  if (is_linked())
    unlink();
  self_.reset();
}

// ---- time
// -----------------------------------------------------------------------------------------

void http_session::enter(step x) {
  step_ = x;
  since_ = clock_type::now();
  wait_or_not();
  if (step_ != step::closed) // to make room for others
    arm_timer();
}

// A connection keeps its place while a request comes in: who sends slowly must not stay by it.
void http_session::wait_or_not() {
  const bool waits = step_ == step::greeting || step_ == step::reading_head ||
                     step_ == step::reading_body || step_ == step::lingering;
  if (waits && !place_)
    place_ = waiting_->enter(*this);
  else if (!waits && place_)
    waiting_->leave(*std::exchange(place_, std::nullopt));
}

void http_session::arm_timer() {
  if (const auto when = deadline(); when != steady_time::max())
    timer_.arm(shared_from_this(), when);
}

void http_session::on_timer() {
  if (step_ == step::closed)
    return;
  if (clock_type::now() >= deadline())
    close();
  else
    arm_timer();
}

steady_time http_session::deadline() const {
  switch (step_) {
  case step::reading_body:
    return std::min(since_ + core_->options.request_limit, progress_at_ + core_->options.body_idle);
  case step::upgrading: return since_ + core_->options.request_limit;
  case step::greeting: return since_ + core_->options.head_limit;
  case step::reading_head:
    return since_ + (has_begun_ || is_new_ ? core_->options.head_limit : core_->options.idle_limit);
  case step::lingering: return since_ + drain_limit;
  case step::answering: // the handler's time
  case step::upgraded:  // the socket's
  case step::closed: return steady_time::max();
  }
  return steady_time::max(); // unreachable; keeps GCC content
}

} // namespace troupe::net
