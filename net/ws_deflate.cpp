#include "net/ws_deflate.hpp"

#include <boost/beast/zlib/deflate_stream.hpp>
#include <boost/beast/zlib/error.hpp>
#include <boost/beast/zlib/inflate_stream.hpp>

#include <algorithm>

namespace troupe::net {

namespace zlib = boost::beast::zlib;

using boost::beast::error_code;

namespace {

// Request bodies are JSON that shrinks to a fifth at any level; level 1 costs a third of level 6.
constexpr int fast_level = 1;
constexpr int memory_level = 8;

// Every message ends in an empty block that is not sent (RFC 7692, section 7.2.1).
constexpr std::string_view tail{"\x00\x00\xFF\xFF", 4};

constexpr std::size_t min_room_bytes = 4 * 1024;
constexpr std::size_t max_room_bytes = 256 * 1024;

} // namespace

std::string deflated(std::span<const std::string_view> parts, int window_bits) {
  zlib::deflate_stream stream;
  stream.reset(fast_level, window_bits, memory_level, zlib::Strategy::normal);
  std::size_t size = 0;
  for (const auto part : parts)
    size += part.size();
  // Room for the worst case, so that no call can stop for lack of it.
  std::string out(stream.upper_bound(size) + tail.size() + 16, '\0');
  zlib::z_params step;
  step.next_out = out.data();
  step.avail_out = out.size();
  error_code ignored; // "no progress", for a part that is only remembered
  for (const auto part : parts) {
    step.next_in = part.data();
    step.avail_in = part.size();
    stream.write(step, zlib::Flush::none, ignored);
  }
  stream.write(step, zlib::Flush::sync, ignored);
  out.resize(out.size() - step.avail_out - tail.size());
  return out;
}

struct ws_inflater::state {
  zlib::inflate_stream stream;
  context between_messages;
};

ws_inflater::ws_inflater(context between_messages) : state_(std::make_unique<state>()) {
  state_->between_messages = between_messages;
  state_->stream.reset(15);
}

ws_inflater::~ws_inflater() = default;
ws_inflater::ws_inflater(ws_inflater&&) noexcept = default;
ws_inflater& ws_inflater::operator=(ws_inflater&&) noexcept = default;

net_errc ws_inflater::add(std::string_view piece, std::size_t max_bytes, std::string& out) {
  zlib::z_params step;
  step.next_in = piece.data();
  step.avail_in = piece.size();
  for (;;) {
    const auto size = out.size();
    const auto room = std::clamp(4 * step.avail_in, min_room_bytes, max_room_bytes);
    out.resize(std::min(size + room, max_bytes + 1)); // one more shows that it is too much
    step.next_out = out.data() + size;
    step.avail_out = out.size() - size;
    error_code error;
    state_->stream.write(step, zlib::Flush::sync, error);
    const bool is_full = step.avail_out == 0;
    out.resize(out.size() - step.avail_out);
    if (out.size() > max_bytes)
      return net_errc::too_large;
    if (error == zlib::error::end_of_stream) // legal, though hardly anybody ends a block for good
      state_->stream.reset();
    else if (error && error != zlib::error::need_buffers)
      return net_errc::ws_protocol;
    if (step.avail_in == 0 && !is_full)
      return net_errc::none;
    if (error == zlib::error::need_buffers && !is_full)
      return net_errc::ws_protocol; // input left, room left, and no progress
  }
}

net_errc ws_inflater::finish(std::size_t max_bytes, std::string& out) {
  const auto result = add(tail, max_bytes, out);
  if (state_->between_messages == context::per_message)
    state_->stream.reset(15);
  return result;
}

} // namespace troupe::net
