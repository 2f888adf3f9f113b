#include "net/ws_link.hpp"

#include "net/limits.hpp"

#include <boost/asio/ssl/error.hpp>
#include <openssl/rand.h>

#include <utility>

namespace troupe::net {

using boost::system::error_code;
using clock_type = std::chrono::steady_clock;

namespace {

ws_mask random_mask() {
  ws_mask mask{};
  RAND_bytes(mask.data(), static_cast<int>(mask.size()));
  return mask;
}

// What a close frame says about a peer's fault.
ws_close farewell_of(net_errc error) {
  switch (error) {
  case net_errc::too_large: return {1009, {}};
  case net_errc::bad_utf8: return {1007, {}};
  case net_errc::ws_binary: return {1003, {}};
  case net_errc::too_much_unfinished: return {1013, {}}; // try again later
  default: return {1002, {}};
  }
}

} // namespace

ws_link::ws_link(std::shared_ptr<ws_handle::control> control, settings x, ws_handlers handlers)
  : control_(std::move(control)), settings_(x), handlers_(std::move(handlers)),
    writer_(x.role, random_mask),
    clock_({.idle = x.idle, .stall = x.stall, .response = x.response}),
    timer_(control_->lane->context()) {}

// ---- opening ------------------------------------------------------------------------------------

bool ws_link::wait_for_connection(std::function<void()> cancel_opening) {
  if (step_ != step::opening)
    return false;
  self_ = shared_from_this();
  cancel_opening_ = std::move(cancel_opening);
  return true;
}

void ws_link::open(transport x, response_head head) {
  if (step_ != step::opening) { // cancelled meanwhile
    if (x.on_closed)
      x.on_closed();
    return;
  }
  self_ = shared_from_this();
  transport_ = std::move(x);
  outcome_.head = std::move(head);
  cancel_opening_ = nullptr;
  step_ = step::open;
  reader_.emplace(settings_.role, settings_.sizes, transport_.compression,
                  control_->lane->unfinished());
  if (transport_.compression)
    writer_.compress(*transport_.compression);
  clock_.open(clock_type::now(), transport_.silence);
  arm_timer();
  call(handlers_.on_open, outcome_.head);
  if (fulfil_wish())
    return;
  if (farewell_)
    close(*std::exchange(farewell_, std::nullopt));
  flush();
  advance();
}

void ws_link::refuse(ws_outcome why) {
  if (step_ != step::opening)
    return;
  cancel_opening_ = nullptr;
  outcome_ = std::move(why);
  fail(outcome_.error, std::move(outcome_.detail));
}

// ---- reading ------------------------------------------------------------------------------------

void ws_link::read() {
  if (is_reading_ || step_ == step::closed)
    return;
  is_reading_ = true;
  transport_.link->async_read_some(
    transport_.input->space(), [self = shared_from_this()](const error_code& error, std::size_t n) {
      self->is_reading_ = false;
      if (self->step_ != step::closed)
        self->on_read(error, n);
    });
}

void ws_link::on_read(const error_code& error, std::size_t n) {
  if (error)
    return on_end_of_input(error);
  if (step_ == step::parting) {
    drained_bytes_ += n; // not committed: what comes now is read over the last
    return drained_bytes_ > max_drain_bytes ? disconnect() : read();
  }
  transport_.input->commit(n);
  clock_.on_bytes(clock_type::now());
  advance();
}

void ws_link::on_end_of_input(const error_code& error) {
  if (step_ == step::parting)
    return disconnect();
  if (step_ == step::closing)
    return fail(net_errc::none, "the peer did not answer the close frame");
  const bool is_end = error == asio::error::eof || error == asio::ssl::error::stream_truncated;
  fail(is_end ? net_errc::closed_early : net_errc::ws_broken, error.message());
}

// Handles the frames that are there.
void ws_link::advance() {
  while (is_receiving() && !is_parked_) {
    auto& input = *transport_.input;
    const auto x = reader_->feed(input.unread());
    input.consume(x.used);
    if (x.error != net_errc::none)
      return on_bad_input(x.error);
    if (!x.frame)
      return read();
    if (!handle(x))
      return;
  }
}

void ws_link::on_bad_input(net_errc error) {
  std::string detail;
  if (error == net_errc::too_much_unfinished)
    detail = unfinished_text(*control_->lane->unfinished());
  part(error, farewell_of(error), std::move(detail));
}

// False: nothing more is to be read now.
bool ws_link::handle(const ws_reader::progress& x) {
  clock_.on_frame(clock_type::now());
  call(handlers_.on_frame, *x.frame);
  if (fulfil_wish())
    return false;
  if (!x.message)
    return true;
  switch (*x.message) {
  case ws_frame::ping:
    if (step_ == step::open) // nothing follows our close frame
      writer_.answer_ping(x.payload);
    flush();
    return step_ != step::closed;
  case ws_frame::close: on_close_frame(x.payload); return false;
  case ws_frame::text:
  case ws_frame::binary: return receive_message(*x.message, x.payload);
  case ws_frame::pong:
  case ws_frame::continuation: return true;
  }
  return true; // unreachable; keeps GCC content
}

bool ws_link::receive_message(ws_frame kind, std::string_view payload) {
  if (step_ == step::closing)
    return true;
  if (kind == ws_frame::binary && !handlers_.on_binary) {
    part(net_errc::ws_binary, farewell_of(net_errc::ws_binary));
    return false;
  }
  held_kind_ = kind;
  held_ = payload;
  if (control_->window.take())
    return deliver();
  is_parked_ = true;
  read_mark(); // the clock must know it before it is suspended
  clock_.suspend(clock_type::now());
  arm_timer();
  return false;
}

bool ws_link::deliver() {
  const auto text = std::exchange(held_, {});
  call(held_kind_ == ws_frame::text ? handlers_.on_text : handlers_.on_binary, text);
  if (fulfil_wish())
    return false;
  flush();
  return step_ != step::closed;
}

// A peer's close frame is answered with its own code (RFC 6455, section 5.5.1).
void ws_link::on_close_frame(std::string_view payload) {
  const auto said = parse_close(payload);
  if (!said)
    return part(net_errc::ws_protocol, farewell_of(net_errc::ws_protocol));
  outcome_.closed = *said;
  if (step_ == step::closing)
    part(net_errc::none, std::nullopt);
  else
    part(net_errc::ws_closed, ws_close{said->code, {}},
         "code " + std::to_string(said->code) + (said->reason.empty() ? "" : ": " + said->reason));
}

// ---- writing ------------------------------------------------------------------------------------

void ws_link::flush() {
  note_unsent();
  if (is_writing_ || in_handler_ || step_ == step::opening || step_ == step::closed)
    return;
  writer_.fill(block_);
  if (block_.empty()) {
    block_ = {}; // a quiet socket keeps none
    if (ends_when_sent_)
      end_connection();
    return;
  }
  is_writing_ = true;
  sending_ = asio::const_buffer{block_.data(), block_.size()};
  transport_.link->async_write(buffer_view{&sending_, 1},
                               [self = shared_from_this()](const error_code& error) {
                                 self->is_writing_ = false;
                                 if (self->step_ != step::closed)
                                   self->on_written(error);
                               });
}

void ws_link::on_written(const error_code& error) {
  block_.clear();
  if (step_ == step::parting && error)
    return disconnect();
  if (error)
    return fail(writer_.only_answered_ping() ? net_errc::ws_ping_failed : net_errc::write_failed,
                error.message());
  tell(writer_.sent(), net_errc::none);
  if (!fulfil_wish())
    flush();
}

// Those who are told send the next messages: these travel together.
void ws_link::tell(const std::vector<ws_handle::notice>& notices, net_errc result) {
  for (const auto& run : notices)
    call(run, result);
}

void ws_link::note_unsent() {
  control_->unsent_bytes.store(writer_.unsent_bytes(), std::memory_order_relaxed);
}

// ---- handlers -----------------------------------------------------------------------------------

bool ws_link::fulfil_wish() {
  switch (std::exchange(wish_, wish::none)) {
  case wish::none: return step_ == step::closed;
  case wish::cancel: fail(net_errc::cancelled); return true;
  case wish::cut_close: cut(ws_handle::cut_mode::close); return true;
  case wish::cut_reset: cut(ws_handle::cut_mode::reset); return true;
  case wish::give_up: fail(net_errc::write_failed, "the peer reads too slowly"); return true;
  }
  return false; // unreachable; keeps GCC content
}

} // namespace troupe::net
