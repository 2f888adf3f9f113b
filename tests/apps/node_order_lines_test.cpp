#define CAF_SUITE node_order_lines
#include <caf/test/bdd_dsl.hpp>

#include "apps/node/order_lines.hpp"

#include <string>
#include <string_view>
#include <vector>

using troupe::node_app::order_lines;

namespace {

using lines = std::vector<std::string>;

/// What comes of `input` in pieces of `size` bytes.
lines cut(std::string_view input, std::size_t size, std::size_t limit = 8) {
  lines found;
  const auto take = [&found](std::string line) { found.push_back(std::move(line)); };
  order_lines splitter{limit};
  for (; !input.empty(); input.remove_prefix(std::min(size, input.size())))
    splitter.feed(input.substr(0, size), take);
  splitter.end(take);
  return found;
}

} // namespace

SCENARIO("stdin is cut at line breaks, however it comes") {
  for (const std::size_t size : {1, 2, 3, 100}) {
    CHECK_EQ(cut("one\ntwo\n", size), (lines{"one", "two"}));
    CHECK_EQ(cut("\n\none\n\nlast", size), (lines{"one", "last"}));
    CHECK_EQ(cut("", size), lines{});
  }
}

SCENARIO("the rest of a line that is too long is no line of its own") {
  for (const std::size_t size : {1, 2, 3, 100}) {
    const auto found = cut("123456789 {\"op\":\"start\"}\nnext\n", size);
    REQUIRE_EQ(found.size(), 2u);
    CAF_CHECK_GREATER(found[0].size(), 8u);
    CHECK_EQ(found[1], "next");
    CHECK_EQ(cut("12345678\nnext", size), (lines{"12345678", "next"}));
    CHECK_EQ(cut("123456789 and the end", size).size(), 1u);
  }
}
