#define CAF_SUITE ws_frames
#include <caf/test/bdd_dsl.hpp>

#include "net/wire/ws_frames.hpp"

using namespace std::literals;
using namespace troupe::net;

namespace {

using enum ws_frame_head::position;
using enum ws_frame_head::coding;

std::string written(const ws_frame_head& x) {
  std::string text;
  append_frame_head(x, text);
  return text;
}

std::string masked(std::string text, const ws_mask& mask, std::uint64_t offset) {
  apply_mask(text, mask, offset);
  return text;
}

} // namespace

SCENARIO("a head that was written is read back, byte by byte") {
  const ws_frame_head cases[] = {
    {.kind = ws_frame::text, .length = 0},
    {.kind = ws_frame::text, .length = 125},
    {.kind = ws_frame::binary, .length = 126},
    {.kind = ws_frame::binary, .length = 0xFFFF},
    {.kind = ws_frame::text, .payload = compressed, .length = 0x10000},
    {.kind = ws_frame::text, .length = std::uint64_t{1} << 62},
    {.kind = ws_frame::text, .place = more_follow, .mask = ws_mask{1, 2, 3, 4}, .length = 7},
    {.kind = ws_frame::continuation, .mask = ws_mask{0xFF, 0, 0xFF, 0}, .length = 70'000},
    {.kind = ws_frame::ping, .length = 125},
    {.kind = ws_frame::pong, .mask = ws_mask{9, 9, 9, 9}},
    {.kind = ws_frame::close, .length = 2},
  };
  for (const auto& x : cases) {
    const auto text = written(x);
    CHECK(text.size() <= max_frame_head_bytes);
    for (std::size_t n = 0; n < text.size(); ++n) {
      const auto part = parse_frame_head(std::string_view{text}.substr(0, n));
      CHECK(!part.head && part.error == net_errc::none);
    }
    const auto whole = parse_frame_head(text + "payload");
    REQUIRE(whole.head.has_value());
    CHECK(*whole.head == x);
    CHECK_EQ(whole.used, text.size());
  }
}

SCENARIO("the examples of the standard are read as it says") {
  // RFC 6455, section 5.7: a masked "Hello", and 256 bytes unmasked.
  const auto hello = parse_frame_head("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"sv);
  REQUIRE(hello.head.has_value());
  CHECK_EQ(hello.head->length, 5u);
  CHECK_EQ(masked("\x7f\x9f\x4d\x51\x58", *hello.head->mask, 0), "Hello");
  const auto bytes = parse_frame_head("\x82\x7E\x01\x00"sv);
  REQUIRE(bytes.head.has_value());
  CHECK_EQ(bytes.head->length, 256u);
  CHECK(bytes.head->kind == ws_frame::binary);
}

SCENARIO("what no frame begins with is refused") {
  for (const auto text : {
         "\x83\x00"sv,                                 // reserved kinds
         "\x8B\x00"sv, "\x8F\x00"sv, "\xA1\x00"sv,     // and reserved bits
         "\x91\x00"sv, "\x09\x00"sv,                   // a ping in parts
         "\xC9\x00"sv,                                 // and compressed
         "\x89\x7E\x00\x7E"sv,                         // a long one
         "\x81\x7F\x80\x00\x00\x00\x00\x00\x00\x00"sv, // a length of 2^63
       })
    CHECK_EQ(parse_frame_head(text).error, net_errc::ws_protocol);
}

SCENARIO("a mask turned by its offset gives the same as masking in one go") {
  const ws_mask mask{0x12, 0x34, 0x56, 0x78};
  const auto whole = masked("a longer text than the mask", mask, 0);
  for (std::size_t cut = 0; cut <= whole.size(); ++cut)
    CHECK_EQ(masked(whole.substr(0, cut), mask, 0) + masked(whole.substr(cut), mask, cut),
             "a longer text than the mask");
}

SCENARIO("close frames carry code and reason, or neither") {
  CHECK(parse_close("") == ws_close{});
  CHECK((parse_close("\x03\xE8"sv) == ws_close{1000, ""}));
  CHECK((parse_close("\x03\xE9gone"sv) == ws_close{1001, "gone"}));
  CHECK((parse_close("\x13\x87x"sv) == ws_close{4999, "x"}));
  for (const auto bad : {"\x03"sv, "\x03\xE7"sv, "\x03\xED"sv, "\x03\xEE"sv, "\x03\xF7"sv,
                         "\x0B\xB7"sv, "\x13\x88"sv, "\x00\x00"sv, "\x03\xE8\xFF"sv})
    CHECK(!parse_close(bad));
}

SCENARIO("a reason is cut to what fits, between characters") {
  CHECK_EQ(close_payload({}), "");
  CHECK_EQ(close_payload({1000, "bye"}), "\x03\xE8"
                                         "bye");
  CHECK_EQ(close_payload({1000, std::string(200, 'x')}).size(), max_control_payload_bytes);
  std::string euros;
  for (int i = 0; i < 60; ++i)
    euros += "\xE2\x82\xAC";
  const auto cut = close_payload({1000, euros});
  CHECK_EQ(cut.size(), 2u + 41 * 3);
  CHECK(parse_close(cut).has_value());
}
