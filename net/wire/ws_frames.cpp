#include "net/wire/ws_frames.hpp"

#include "net/wire/utf8_check.hpp"

#include <algorithm>

namespace troupe::net {

namespace {

constexpr std::uint8_t last_bit = 0x80;
constexpr std::uint8_t compressed_bit = 0x40;
constexpr std::uint8_t reserved_bits = 0x30;
constexpr std::uint8_t mask_bit = 0x80;
constexpr std::size_t two_byte_length = 126;
constexpr std::size_t eight_byte_length = 127;

constexpr ws_head_result broken{std::nullopt, 0, net_errc::ws_protocol};

std::uint8_t byte_at(std::string_view bytes, std::size_t i) {
  return static_cast<std::uint8_t>(bytes[i]);
}

std::uint64_t number_in(std::string_view bytes) { // big-endian
  std::uint64_t x = 0;
  for (const char c : bytes)
    x = x << 8 | static_cast<std::uint8_t>(c);
  return x;
}

void append_number(std::uint64_t x, std::size_t size, std::string& out) {
  for (auto i = size; i-- > 0;)
    out += static_cast<char>(x >> (8 * i) & 0xFF);
}

bool is_known(std::uint8_t kind) {
  return kind <= 0x2 || (kind >= 0x8 && kind <= 0xA);
}

// RFC 6455, section 7.4: what may be in a frame. 1012 to 1014 have been registered since.
bool is_sendable(std::uint16_t code) {
  if (code >= 3000)
    return code < 5000;
  return code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006;
}

bool is_utf8(std::string_view text) {
  utf8_check check;
  return check.accept(text) == text.size() && !check.is_inside_sequence();
}

} // namespace

ws_head_result parse_frame_head(std::string_view bytes) {
  if (bytes.size() < 2)
    return {};
  const auto first = byte_at(bytes, 0);
  const auto second = byte_at(bytes, 1);
  if ((first & reserved_bits) != 0 || !is_known(first & 0x0F))
    return broken;
  ws_frame_head head;
  head.kind = static_cast<ws_frame>(first & 0x0F);
  using enum ws_frame_head::position;
  head.place = (first & last_bit) != 0 ? last : more_follow;
  using enum ws_frame_head::coding;
  head.payload = (first & compressed_bit) != 0 ? compressed : plain;
  head.length = second & 0x7FU;
  if (is_control(head.kind) && (head.place == more_follow || head.payload == compressed ||
                                head.length > max_control_payload_bytes))
    return broken;

  std::size_t used = 2;
  std::size_t length_bytes = 0;
  if (head.length == two_byte_length)
    length_bytes = 2;
  else if (head.length == eight_byte_length)
    length_bytes = 8;
  const bool is_masked = (second & mask_bit) != 0;
  if (bytes.size() < used + length_bytes + (is_masked ? sizeof(ws_mask) : 0))
    return {};
  if (length_bytes > 0)
    head.length = number_in(bytes.substr(used, length_bytes));
  if (head.length >> 63 != 0)
    return broken;
  used += length_bytes;
  if (is_masked) {
    ws_mask mask;
    std::ranges::transform(bytes.substr(used, mask.size()), mask.begin(),
                           [](char c) { return static_cast<std::uint8_t>(c); });
    head.mask = mask;
    used += mask.size();
  }
  return {head, used, net_errc::none};
}

void append_frame_head(const ws_frame_head& x, std::string& out) {
  auto first = static_cast<unsigned>(x.kind);
  if (x.place == ws_frame_head::position::last)
    first |= last_bit;
  if (x.payload == ws_frame_head::coding::compressed)
    first |= compressed_bit;
  out += static_cast<char>(first);
  const unsigned masked = x.mask ? mask_bit : 0U;
  if (x.length < two_byte_length) {
    out += static_cast<char>(masked | x.length);
  } else if (x.length <= 0xFFFF) {
    out += static_cast<char>(masked | two_byte_length);
    append_number(x.length, 2, out);
  } else {
    out += static_cast<char>(masked | eight_byte_length);
    append_number(x.length, 8, out);
  }
  if (x.mask)
    for (const auto byte : *x.mask)
      out += static_cast<char>(byte);
}

void apply_mask(std::span<char> bytes, const ws_mask& mask, std::uint64_t offset) {
  // Turned to the offset once, so that the loop is one the compiler can widen.
  ws_mask turned;
  for (std::size_t i = 0; i < turned.size(); ++i)
    turned[i] = mask[(offset + i) % mask.size()];
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<char>(bytes[i] ^ turned[i % turned.size()]);
}

std::optional<ws_close> parse_close(std::string_view payload) {
  if (payload.empty())
    return ws_close{};
  if (payload.size() < 2)
    return std::nullopt;
  const auto code = static_cast<std::uint16_t>(number_in(payload.substr(0, 2)));
  payload.remove_prefix(2);
  if (!is_sendable(code) || !is_utf8(payload))
    return std::nullopt;
  return ws_close{code, std::string{payload}};
}

std::string close_payload(const ws_close& x) {
  std::string payload;
  if (x.code == ws_close{}.code)
    return payload;
  append_number(x.code, 2, payload);
  auto size = std::min(x.reason.size(), max_control_payload_bytes - payload.size());
  const auto is_inside_character = [&] {
    return size < x.reason.size() && (static_cast<std::uint8_t>(x.reason[size]) & 0xC0) == 0x80;
  };
  while (size > 0 && is_inside_character())
    --size;
  return payload.append(x.reason, 0, size);
}

} // namespace troupe::net
