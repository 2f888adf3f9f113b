#include "net/ws_reader.hpp"

#include "net/wire/utf8_check.hpp"

#include <algorithm>
#include <utility>

namespace troupe::net {

namespace {

// A message buffer larger than this is given back; smaller ones serve the next message. Those of
// 10,000 connections count against the budget, too.
constexpr std::size_t kept_capacity_bytes = 4 * 1024;

// Compressed input is taken in pieces of this size: each can grow a thousandfold.
constexpr std::size_t inflated_at_once_bytes = 4 * 1024;

bool is_utf8(std::string_view text) {
  utf8_check check;
  return check.accept(text) == text.size() && !check.is_inside_sequence();
}

ws_inflater::context context_of(const ws_deflate& x) {
  return x.peer == ws_deflate::context::kept ? ws_inflater::context::kept
                                             : ws_inflater::context::per_message;
}

} // namespace

ws_reader::ws_reader(ws_role own_role, limits x, std::optional<ws_deflate> compression,
                     std::shared_ptr<byte_budget> budget)
  : own_role_(own_role), limits_(x), share_(std::move(budget)) {
  if (compression)
    inflater_.emplace(context_of(*compression));
}

ws_reader::progress ws_reader::feed(std::span<char> input) {
  return frame_ ? take_payload(input, 0) : begin_frame(input);
}

ws_reader::progress ws_reader::begin_frame(std::span<char> input) {
  if (!message_) { // what was given out last time is not needed any more
    if (message_text_.capacity() > kept_capacity_bytes) {
      message_text_ = std::string{};
      share_.hold(0);
    }
    message_text_.clear();
  }
  const auto parsed = parse_frame_head({input.data(), input.size()});
  if (parsed.error != net_errc::none || !parsed.head)
    return {.error = parsed.error};
  if (const auto error = check(*parsed.head); error != net_errc::none)
    return {.error = error};
  frame_ = parsed.head;
  missing_bytes_ = parsed.head->length;
  if (is_control(frame_->kind)) {
    control_text_.clear();
  } else if (frame_->kind != ws_frame::continuation) {
    message_ = frame_->kind;
    is_compressed_ = frame_->payload == ws_frame_head::coding::compressed;
  }
  return take_payload(input.subspan(parsed.used), parsed.used);
}

net_errc ws_reader::check(const ws_frame_head& head) const {
  const bool is_from_client = head.mask.has_value();
  if (is_from_client != (own_role_ == ws_role::server))
    return net_errc::ws_protocol;
  if (is_control(head.kind))
    return net_errc::none;
  const bool continues = head.kind == ws_frame::continuation;
  if (continues != message_.has_value())
    return net_errc::ws_protocol;
  const bool is_compressed = head.payload == ws_frame_head::coding::compressed;
  if (is_compressed && (continues || !inflater_))
    return net_errc::ws_protocol;
  if (head.length > limits_.max_frame_bytes ||
      head.length > limits_.max_message_bytes - message_text_.size())
    return net_errc::too_large;
  return net_errc::none;
}

// `head_bytes` of the input before `input` have been used.
ws_reader::progress ws_reader::take_payload(std::span<char> input, std::size_t head_bytes) {
  const auto piece = input.first(std::min<std::uint64_t>(input.size(), missing_bytes_));
  if (frame_->mask)
    apply_mask(piece, *frame_->mask, frame_->length - missing_bytes_);
  progress result{.used = head_bytes + piece.size()};
  const bool is_whole = piece.size() == frame_->length;
  missing_bytes_ -= piece.size();
  if (is_whole && frame_->place == ws_frame_head::position::last && !is_control(frame_->kind) &&
      frame_->kind != ws_frame::continuation && !is_compressed_) {
    result.frame = frame_->kind; // the usual case: no copy
    frame_.reset();
    complete_message(result, {piece.data(), piece.size()});
    return result;
  }
  result.error = keep(piece);
  if (result.error == net_errc::none && missing_bytes_ == 0)
    complete_frame(result);
  return result;
}

net_errc ws_reader::keep(std::span<char> piece) {
  const std::string_view text{piece.data(), piece.size()};
  if (is_control(frame_->kind)) {
    control_text_ += text;
    return net_errc::none;
  }
  if (is_compressed_)
    return inflate(text);
  if (!make_room(text.size()))
    return net_errc::too_much_unfinished;
  message_text_ += text;
  return net_errc::none;
}

net_errc ws_reader::inflate(std::string_view piece) {
  while (!piece.empty()) {
    const auto part = piece.substr(0, inflated_at_once_bytes);
    piece.remove_prefix(part.size());
    // What text expands to as a rule; the rest is accounted for when it is there.
    if (!make_room(4 * part.size()))
      return net_errc::too_much_unfinished;
    const auto error = inflater_->add(part, limits_.max_message_bytes, message_text_);
    if (error != net_errc::none)
      return error;
    if (!share_.hold(message_text_.capacity()))
      return net_errc::too_much_unfinished;
  }
  return net_errc::none;
}

bool ws_reader::make_room(std::size_t bytes) {
  const auto needed = message_text_.size() + bytes;
  auto capacity = grown_capacity(message_text_.capacity(), needed);
  if (capacity == message_text_.capacity())
    return true;
  if (!share_.hold(capacity)) {
    capacity = needed; // the last bytes of the budget
    if (!share_.hold(capacity))
      return false;
  }
  regrow(message_text_, capacity);
  return true;
}

void ws_reader::complete_frame(progress& result) {
  result.frame = frame_->kind;
  const bool is_last = frame_->place == ws_frame_head::position::last;
  frame_.reset();
  if (is_control(*result.frame)) {
    result.message = result.frame;
    result.payload = control_text_;
  } else if (is_last) {
    if (is_compressed_)
      result.error = inflater_->finish(limits_.max_message_bytes, message_text_);
    if (result.error == net_errc::none)
      complete_message(result, message_text_);
  }
}

void ws_reader::complete_message(progress& result, std::string_view payload) {
  result.message = message_;
  result.payload = payload;
  message_.reset();
  if (result.message == ws_frame::text && !is_utf8(payload))
    result.error = net_errc::bad_utf8;
}

} // namespace troupe::net
