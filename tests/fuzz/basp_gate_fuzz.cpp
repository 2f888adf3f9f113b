// What a peer sends must give the same however it is cut, and nothing passes that announces more
// than is allowed or is longer than what came.
#include "tests/net/basp_frames.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <tuple>

namespace {

using namespace troupe::net;

auto read(basp_side side, const basp_rules& rules, std::string_view bytes, std::size_t step) {
  basp_questions questions;
  questions.asked(7, 1);
  basp_gate gate{side, rules, questions};
  gate.set_own_node(test::node_id('o'));
  std::string out;
  std::string problem;
  while (!bytes.empty() && problem.empty()) {
    problem = gate.feed(bytes.substr(0, step), out);
    bytes.remove_prefix(std::min(step, bytes.size()));
  }
  return std::tuple{problem, gate.node(), problem.empty() ? out : std::string{}};
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  const auto rules = test::some_rules();
  for (const auto side : {basp_side::acceptor, basp_side::dialler}) {
    const auto whole = read(side, rules, bytes, size + 1);
    if (whole != read(side, rules, bytes, 1) || whole != read(side, rules, bytes, 13))
      std::abort();
    if (std::get<2>(whole).size() > size)
      std::abort();
  }
  return 0;
}
