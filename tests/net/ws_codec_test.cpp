#define CAF_SUITE ws_codec
#include <caf/test/bdd_dsl.hpp>

#include "net/limits.hpp"
#include "net/ws_reader.hpp"
#include "net/ws_writer.hpp"

using namespace std::literals;
using namespace troupe::net;

namespace {

constexpr ws_reader::limits sizes{1'000'000, 2'000'000};

body_part part(std::string text) {
  return std::make_shared<const std::string>(std::move(text));
}

// Everything a writer gives, and whom it tells.
std::string drain(ws_writer& writer) {
  std::string all;
  for (;;) {
    std::string block;
    writer.fill(block);
    if (block.empty())
      return all;
    all += block;
    for (const auto& run : writer.sent())
      run(net_errc::none);
  }
}

ws_writer writer_of(ws_role role) {
  return {role, [] { return ws_mask{0xA1, 0xB2, 0xC3, 0xD4}; }};
}

struct received {
  std::vector<std::pair<ws_frame, std::string>> messages;
  std::vector<ws_frame> frames;
  net_errc error = net_errc::none;
};

// Feeds `bytes` in pieces of `step`, as a read buffer would.
received read(ws_reader reader, std::string_view bytes, std::size_t step) {
  received result;
  std::string buffer;
  while (result.error == net_errc::none) {
    const auto x = reader.feed(buffer);
    result.error = x.error;
    if (x.error == net_errc::none && x.message)
      result.messages.emplace_back(*x.message, std::string{x.payload});
    if (x.frame)
      result.frames.push_back(*x.frame);
    buffer.erase(0, x.used);
    if (x.frame || x.error != net_errc::none)
      continue;
    if (bytes.empty())
      break;
    buffer += bytes.substr(0, step);
    bytes.remove_prefix(std::min(step, bytes.size()));
  }
  return result;
}

ws_reader client_reader(std::optional<ws_deflate> compression = {}) {
  return {ws_role::client, sizes, compression};
}

net_errc error_of(std::string_view bytes, std::optional<ws_deflate> compression = {}) {
  return read(client_reader(compression), bytes, bytes.size()).error;
}

std::string frame(ws_frame_head head, std::string_view payload) {
  head.length = payload.size();
  std::string text;
  append_frame_head(head, text);
  return text.append(payload);
}

using enum ws_frame_head::position;
using enum ws_frame_head::coding;

} // namespace

SCENARIO("messages of both roles arrive whole, however they are cut") {
  for (const auto role : {ws_role::client, ws_role::server}) {
    auto writer = writer_of(role);
    writer.add(ws_frame::text, {part("{\"a\":"), nullptr, part(""), part("1}")});
    writer.add(ws_frame::ping, {part("are you there")});
    writer.add(ws_frame::binary, {part("\x00\xFF\x80"s)});
    writer.add(ws_frame::text, {});
    writer.add(ws_frame::text, {part(std::string(300, 'x'))});
    writer.add(ws_frame::close, {part("\x03\xE8")});
    const auto bytes = drain(writer);
    for (std::size_t step = 1; step < 30; ++step) {
      const auto peer = role == ws_role::client ? ws_role::server : ws_role::client;
      const auto result = read({peer, sizes, {}}, bytes, step);
      CHECK_EQ(result.error, net_errc::none);
      REQUIRE_EQ(result.messages.size(), 6u);
      CHECK_EQ(result.messages[0].second, "{\"a\":1}");
      CHECK(result.messages[1].first == ws_frame::ping);
      CHECK_EQ(result.messages[2].second, "\x00\xFF\x80"s);
      CHECK_EQ(result.messages[3].second, "");
      CHECK_EQ(result.messages[4].second, std::string(300, 'x'));
      CHECK(result.messages[5].first == ws_frame::close);
    }
  }
}

SCENARIO("fragments are put together, with control frames between them") {
  const auto bytes = frame({.kind = ws_frame::text, .place = more_follow}, "one \xE2\x82") +
                     frame({.kind = ws_frame::ping}, "p") +
                     frame({.kind = ws_frame::continuation, .place = more_follow}, "\xAC two ") +
                     frame({.kind = ws_frame::continuation}, "three") +
                     frame({.kind = ws_frame::text}, "next");
  for (std::size_t step = 1; step < bytes.size(); ++step) {
    const auto result = read(client_reader(), bytes, step);
    REQUIRE_EQ(result.messages.size(), 3u);
    CHECK_EQ(result.messages[0].second, "p");
    CHECK_EQ(result.messages[1].second, "one \xE2\x82\xAC two three");
    CHECK(result.messages[1].first == ws_frame::text);
    CHECK_EQ(result.messages[2].second, "next");
    CHECK_EQ(result.frames.size(), 5u);
  }
}

SCENARIO("a long message is given in blocks, and its sender is told at the end") {
  auto writer = writer_of(ws_role::client);
  const auto text = part(std::string(ws_block_bytes * 3, 'y'));
  int told = 0;
  writer.add(ws_frame::text, {text, part("end")}, [&](net_errc x) {
    CHECK_EQ(x, net_errc::none);
    ++told;
  });
  CHECK_EQ(writer.unsent_bytes(), text->size() + 3);
  std::string all;
  int blocks = 0;
  for (std::string block;; block.clear(), ++blocks) {
    writer.fill(block);
    if (block.empty())
      break;
    CHECK(block.size() <= ws_block_bytes + max_frame_head_bytes);
    CHECK_EQ(told, 0);
    for (const auto& run : writer.sent())
      run(net_errc::none);
    all += block;
  }
  CHECK_EQ(blocks, 4);
  CHECK_EQ(told, 1);
  CHECK_EQ(writer.unsent_bytes(), 0u);
  const auto result = read({ws_role::server, sizes, {}}, all, 5000);
  REQUIRE_EQ(result.messages.size(), 1u);
  CHECK_EQ(result.messages[0].second, *text + "end");
}

SCENARIO("an answer to a ping overtakes waiting messages, and only the last one is sent") {
  auto writer = writer_of(ws_role::server);
  writer.add(ws_frame::text, {part(std::string(ws_block_bytes, 'x'))});
  std::string bytes;
  writer.fill(bytes); // the first message has begun
  CHECK(writer.is_inside_message());
  writer.add(ws_frame::text, {part("waits")});
  writer.answer_ping("one");
  writer.answer_ping("two");
  bytes += drain(writer);
  const auto result = read(client_reader(), bytes, bytes.size());
  REQUIRE_EQ(result.messages.size(), 3u);
  CHECK(result.messages[1].first == ws_frame::pong);
  CHECK_EQ(result.messages[1].second, "two");
  CHECK_EQ(result.messages[2].second, "waits");
}

SCENARIO("compressed messages arrive whole, however they are cut, and the next ones too") {
  std::string text;
  for (int i = 0; i < 2000; ++i)
    text += "{\"type\":\"message\",\"n\":" + std::to_string(i * i) + "}";
  for (const auto context : {ws_deflate::context::kept, ws_deflate::context::per_message}) {
    auto writer = writer_of(ws_role::client);
    writer.compress({15, context});
    writer.add(ws_frame::text, {part(text.substr(0, 1000)), nullptr, part(text.substr(1000))});
    writer.add(ws_frame::text, {part("too short to compress")});
    writer.add(ws_frame::text, {part(text)});
    writer.add(ws_frame::ping, {part(std::string(100, 'x'))});
    const auto bytes = drain(writer);
    CHECK(bytes.size() < text.size());
    for (const std::size_t step : {1U, 7U, 1000U, 1'000'000U}) {
      const auto result = read({ws_role::server, sizes, ws_deflate{15, context}}, bytes, step);
      CHECK_EQ(result.error, net_errc::none);
      REQUIRE_EQ(result.messages.size(), 4u);
      CHECK(result.messages[0].second == text);
      CHECK_EQ(result.messages[1].second, "too short to compress");
      CHECK(result.messages[2].second == text);
    }
  }
}

SCENARIO("random bytes survive compression, with every window") {
  std::string noise;
  for (std::uint32_t i = 0, x = 12345; i < 200'000; ++i, x = x * 1664525 + 1013904223)
    noise += static_cast<char>(x >> 24);
  for (int bits = 9; bits <= 15; ++bits) {
    auto writer = writer_of(ws_role::server);
    writer.compress({bits, ws_deflate::context::kept});
    writer.add(ws_frame::binary, {part(noise)});
    const auto result = read(client_reader(ws_deflate{}), drain(writer), 50'000);
    REQUIRE_EQ(result.messages.size(), 1u);
    CHECK(result.messages[0].second == noise);
  }
}

SCENARIO("a window the compressor cannot do with means no compression") {
  auto writer = writer_of(ws_role::server);
  writer.compress({8, ws_deflate::context::kept});
  writer.add(ws_frame::text, {part(std::string(2000, 'x'))});
  CHECK(drain(writer).size() > 2000);
}

SCENARIO("what a peer must not send ends the socket") {
  using enum net_errc;
  const auto text = frame({.kind = ws_frame::text}, "x");
  const auto begun = frame({.kind = ws_frame::text, .place = more_follow}, "x");
  CHECK_EQ(error_of(text), none);
  CHECK_EQ(error_of(frame({.kind = ws_frame::text, .mask = ws_mask{1, 2, 3, 4}}, "x")),
           ws_protocol);
  CHECK_EQ(read({ws_role::server, sizes, {}}, text, 1).error, ws_protocol); // unmasked
  CHECK_EQ(error_of(begun + text), ws_protocol);
  CHECK_EQ(error_of(frame({.kind = ws_frame::continuation}, "x")), ws_protocol);
  CHECK_EQ(error_of(frame({.kind = ws_frame::text, .payload = compressed}, "x")), ws_protocol);
  CHECK_EQ(error_of(begun + frame({.kind = ws_frame::continuation, .payload = compressed}, "x"),
                    ws_deflate{}),
           ws_protocol);
  CHECK_EQ(error_of(frame({.kind = ws_frame::text, .payload = compressed}, "\xFF\xFF\xFF\xFF"),
                    ws_deflate{}),
           ws_protocol);
  CHECK_EQ(error_of(frame({.kind = ws_frame::text}, "\xFF")), bad_utf8);
  CHECK_EQ(error_of(frame({.kind = ws_frame::text}, "\xE2\x82")), bad_utf8);
  CHECK_EQ(error_of("GET / HTTP/1.1\r\n\r\n"), ws_protocol);
}

SCENARIO("frames and messages over their limits are refused before they are there") {
  std::string huge;
  append_frame_head({.kind = ws_frame::text, .length = sizes.max_frame_bytes + 1}, huge);
  CHECK_EQ(error_of(huge), net_errc::too_large);
  std::string bytes =
    frame({.kind = ws_frame::text, .place = more_follow}, std::string(900'000, 'x'));
  bytes += frame({.kind = ws_frame::continuation, .place = more_follow}, std::string(900'000, 'x'));
  append_frame_head({.kind = ws_frame::continuation, .length = 200'001}, bytes);
  CHECK_EQ(error_of(bytes), net_errc::too_large);
}

SCENARIO("a bomb is refused when it has grown to the limit") {
  auto writer = writer_of(ws_role::server);
  writer.compress({});
  writer.add(ws_frame::text, {part(std::string(sizes.max_message_bytes + 1, 'x'))});
  CHECK_EQ(error_of(drain(writer), ws_deflate{}), net_errc::too_large);
  writer.add(ws_frame::text, {part(std::string(sizes.max_message_bytes, 'x'))});
  CHECK_EQ(error_of(drain(writer), ws_deflate{}), net_errc::none);
}

SCENARIO("dropped messages are told so") {
  auto writer = writer_of(ws_role::client);
  int lost = 0;
  for (int i = 0; i < 3; ++i)
    writer.add(ws_frame::text, {part(std::string(ws_block_bytes, 'x'))}, [&](net_errc) { ++lost; });
  std::string block;
  writer.fill(block);
  for (const auto& run : writer.clear())
    run(net_errc::cancelled);
  CHECK_EQ(lost, 3);
  CHECK_EQ(writer.unsent_bytes(), 0u);
  block.clear();
  writer.fill(block);
  CHECK(block.empty());
}

SCENARIO("what is kept of unfinished messages counts against the budget, and is given back") {
  const auto budget = std::make_shared<byte_budget>(10'000);
  std::string text(6'000, 'x');
  {
    ws_reader first{ws_role::client, sizes, {}, budget};
    auto begun =
      frame({.kind = ws_frame::text, .place = ws_frame_head::position::more_follow}, text);
    CHECK_EQ(first.feed(begun).error, net_errc::none);
    CHECK(budget->used() >= 6'000);
    CHECK(budget->used() < 7'000); // no doubling
    ws_reader second{ws_role::client, sizes, {}, budget};
    CHECK_EQ(second.feed(begun).error, net_errc::too_much_unfinished);
    auto rest = frame({.kind = ws_frame::continuation}, "end");
    CHECK_EQ(first.feed(rest).payload.size(), 6'003u);
    auto next = frame({.kind = ws_frame::text}, "next");
    CHECK_EQ(first.feed(next).payload, "next");
    CHECK_EQ(budget->used(), 0u);
    CHECK_EQ(first.feed(begun).error, net_errc::none);
  }
  CHECK_EQ(budget->used(), 0u);
}

SCENARIO("a compressed message counts by what it expands to, piece by piece") {
  const auto budget = std::make_shared<byte_budget>(400'000);
  const std::string zeros(1'900'000, '0');
  const std::string_view parts[] = {zeros};
  auto bytes = frame({.kind = ws_frame::text, .payload = ws_frame_head::coding::compressed},
                     deflated(parts, 15));
  ws_reader reader{ws_role::client, sizes, ws_deflate{}, budget};
  // Whole in one read: a compressed message is never delivered from the input itself.
  CHECK_EQ(reader.feed(bytes).error, net_errc::too_much_unfinished);
}
