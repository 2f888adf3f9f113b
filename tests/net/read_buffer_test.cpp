#define CAF_SUITE read_buffer
#include <caf/test/bdd_dsl.hpp>

#include "net/read_buffer.hpp"

#include <algorithm>
#include <string>
#include <string_view>

using troupe::net::read_buffer;

namespace {

// Like a read: fills as much as there is room for.
std::size_t fill(read_buffer& buffer, std::string_view text) {
  const auto space = buffer.space();
  const auto n = std::min(space.size(), text.size());
  std::copy_n(text.begin(), n, space.begin());
  buffer.commit(n);
  return n;
}

std::string unread(read_buffer& buffer) {
  const auto bytes = buffer.unread();
  return {bytes.begin(), bytes.end()};
}

} // namespace

SCENARIO("bytes come out as they went in, across moves and growth") {
  read_buffer buffer{4, 64};
  std::string in, out;
  for (int i = 0; i < 1000; ++i) {
    const std::string text(static_cast<std::size_t>(i % 7 + 1), static_cast<char>('a' + i % 26));
    in += text.substr(0, fill(buffer, text));
    const auto n = std::min<std::size_t>(static_cast<std::size_t>(i % 5), buffer.unread().size());
    out += unread(buffer).substr(0, n);
    buffer.consume(n);
    if (buffer.unread().size() > 50) {
      out += unread(buffer);
      buffer.consume(buffer.unread().size());
    }
  }
  CHECK_EQ(out + unread(buffer), in);
}

SCENARIO("it grows while reads fill it, up to its limit, and then has no space") {
  read_buffer buffer{4, 16};
  CHECK_EQ(fill(buffer, "0123456789"), 4u);
  CHECK_EQ(fill(buffer, "456789"), 4u);
  CHECK_EQ(fill(buffer, "89abcdefgh"), 8u);
  CHECK(buffer.space().empty());
  CHECK_EQ(unread(buffer), "0123456789abcdef");
  buffer.consume(3);
  CHECK_EQ(buffer.space().size(), 3u);
}

SCENARIO("reads that do not fill it do not make it grow") {
  read_buffer buffer{8, 1024};
  for (int i = 0; i < 100; ++i) {
    CHECK_EQ(fill(buffer, "abc"), 3u);
    buffer.consume(3);
  }
  CHECK_EQ(buffer.space().size(), 8u);
}

SCENARIO("a released buffer starts small again") {
  read_buffer buffer{4, 1024};
  while (buffer.unread().size() < 500)
    fill(buffer, std::string(1024, 'x'));
  buffer.consume(buffer.unread().size());
  buffer.release();
  CHECK(buffer.empty());
  CHECK_EQ(buffer.space().size(), 4u);
}
