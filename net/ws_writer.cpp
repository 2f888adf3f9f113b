#include "net/ws_writer.hpp"

#include "net/limits.hpp"
#include "net/ws_deflate.hpp"

#include <algorithm>
#include <span>
#include <utility>

namespace troupe::net {

namespace {

// The compressor cannot do with less.
constexpr int min_window_bits = 9;

std::size_t size_of(const std::vector<body_part>& parts) {
  std::size_t sum = 0;
  for (const auto& part : parts)
    sum += part ? part->size() : 0;
  return sum;
}

body_part compressed(const std::vector<body_part>& parts, int window_bits) {
  std::vector<std::string_view> pieces;
  for (const auto& part : parts)
    if (part)
      pieces.emplace_back(*part);
  return std::make_shared<const std::string>(deflated(pieces, window_bits));
}

} // namespace

ws_writer::ws_writer(ws_role own_role, mask_source masks)
  : own_role_(own_role), masks_(std::move(masks)) {}

void ws_writer::compress(const ws_deflate& agreed) {
  if (agreed.window_bits >= min_window_bits)
    compression_ = agreed;
}

void ws_writer::add(ws_frame kind, std::vector<body_part> parts, notice on_sent) {
  const auto bytes = size_of(parts);
  waiting_bytes_ += bytes;
  waiting_.push_back({kind, std::move(parts), bytes, std::move(on_sent)});
}

void ws_writer::answer_ping(std::string_view payload) {
  pong_ = payload;
}

void ws_writer::fill(std::string& block) {
  only_answered_ping_ = pong_.has_value();
  while (block.size() < ws_block_bytes) {
    if (!current_ && pong_) {
      append_control(ws_frame::pong, *std::exchange(pong_, std::nullopt), block);
      continue;
    }
    if (!current_ && waiting_.empty())
      return;
    only_answered_ping_ = false;
    if (!current_)
      begin_message(block);
    append_payload(block);
  }
}

void ws_writer::append_control(ws_frame kind, std::string_view payload, std::string& block) {
  const auto mask = new_mask();
  append_frame_head({.kind = kind, .mask = mask, .length = payload.size()}, block);
  const auto from = block.size();
  block += payload;
  if (mask)
    apply_mask(std::span{block}.subspan(from), *mask, 0);
}

void ws_writer::begin_message(std::string& block) {
  progress x{std::move(waiting_.front()), new_mask()};
  waiting_.pop_front();
  ws_frame_head head{.kind = x.rest.kind, .mask = x.mask};
  if (compression_ && !is_control(head.kind) && x.rest.bytes >= min_deflated_bytes) {
    x.rest.parts = {compressed(x.rest.parts, compression_->window_bits)};
    head.payload = ws_frame_head::coding::compressed;
  }
  head.length = size_of(x.rest.parts);
  append_frame_head(head, block);
  // From here on its bytes count as those on the wire.
  waiting_bytes_ = waiting_bytes_ - x.rest.bytes + head.length;
  current_ = std::move(x);
}

void ws_writer::append_payload(std::string& block) {
  auto& x = *current_;
  while (x.part < x.rest.parts.size() && block.size() < ws_block_bytes) {
    const auto& part = x.rest.parts[x.part];
    const auto size = part ? part->size() : 0;
    const auto n = std::min(size - x.in_part, ws_block_bytes - block.size());
    const auto from = block.size();
    if (n > 0)
      block.append(*part, x.in_part, n);
    if (x.mask)
      apply_mask(std::span{block}.subspan(from), *x.mask, x.offset);
    x.offset += n;
    x.in_part += n;
    waiting_bytes_ -= n;
    filled_bytes_ += n;
    if (x.in_part == size) {
      x.rest.parts[x.part++].reset(); // shared with others, who may be waiting to drop it
      x.in_part = 0;
    }
  }
  if (x.part < x.rest.parts.size())
    return;
  if (x.rest.on_sent)
    due_.push_back(std::move(x.rest.on_sent));
  current_.reset();
}

std::vector<ws_writer::notice> ws_writer::sent() {
  filled_bytes_ = 0;
  return std::exchange(due_, {});
}

std::vector<ws_writer::notice> ws_writer::clear() {
  auto lost = std::exchange(due_, {});
  if (current_ && current_->rest.on_sent)
    lost.push_back(std::move(current_->rest.on_sent));
  current_.reset();
  for (auto& x : std::exchange(waiting_, {}))
    if (x.on_sent)
      lost.push_back(std::move(x.on_sent));
  pong_.reset();
  waiting_bytes_ = filled_bytes_ = 0;
  return lost;
}

std::optional<ws_mask> ws_writer::new_mask() const {
  return own_role_ == ws_role::client ? std::optional{masks_()} : std::nullopt;
}

} // namespace troupe::net
