#define CAF_SUITE output_buffers
#include <caf/test/bdd_dsl.hpp>

#include "actors/tool_runner/output_buffers.hpp"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

using namespace troupe::tool_runner;
using namespace std::string_literals;

SCENARIO("the first bytes are kept and the rest is dropped") {
  first_bytes_buffer buffer{5};
  buffer.append("abc");
  buffer.append("def");
  buffer.append("ghi");
  CHECK_EQ(buffer.bytes(), "abcde");
}

SCENARIO("head and tail are kept and the middle is dropped") {
  head_tail_buffer buffer{5}; // two and three
  CHECK(buffer.empty());
  buffer.append("a");
  CHECK_EQ(buffer.bytes(), "a");
  buffer.append("bcde");
  CHECK_EQ(buffer.bytes(), "abcde");
  CHECK_EQ(buffer.dropped_bytes(), 0u);
  buffer.append("f");
  CHECK_EQ(buffer.bytes(), "abdef");
  CHECK_EQ(buffer.dropped_bytes(), 1u);
  CHECK_EQ(buffer.take(), "abdef");
  CHECK(buffer.empty());
  CHECK_EQ(buffer.bytes(), "");
  CHECK_EQ(buffer.dropped_bytes(), 0u);
}

SCENARIO("a head-tail buffer equals its definition for pieces of any size") {
  std::mt19937 random{3};
  for (int round = 0; round < 300; ++round) {
    const auto bound = 2 + random() % 30;
    head_tail_buffer buffer{bound};
    std::string all;
    for (auto pieces = random() % 12; pieces > 0; --pieces) {
      std::string piece(random() % 40, ' ');
      for (auto& c : piece)
        c = static_cast<char>('a' + random() % 26);
      buffer.append(piece);
      all += piece;
    }
    const auto head = std::min(all.size(), bound / 2);
    const auto tail = std::min(all.size() - head, bound - bound / 2);
    REQUIRE_EQ(buffer.bytes(), all.substr(0, head) + all.substr(all.size() - tail));
    REQUIRE_EQ(buffer.dropped_bytes(), all.size() - head - tail);
  }
}

SCENARIO("aggregation gives output a third, error the rest, and what is left to output") {
  CHECK_EQ(aggregated_output("out", "err", 100), "outerr");
  CHECK_EQ(aggregated_output(std::string(20, 'o'), std::string(20, 'e'), 9), "oooeeeeee");
  CHECK_EQ(aggregated_output(std::string(20, 'o'), "e", 9), "ooooooooe");
  CHECK_EQ(aggregated_output("o", std::string(20, 'e'), 9), "oeeeeeeee");
  CHECK_EQ(aggregated_output("", std::string(20, 'e'), 9), "eeeeeeeee");
}

SCENARIO("output in other encodings becomes readable") {
  CHECK_EQ(decoded_output("grün"), "grün");
  CHECK_EQ(decoded_output("gr\xFCn \x80 5"), "grün € 5");
  CHECK_EQ(decoded_output("\xFF\xFEg\0r\0\xFC\0"s), "grü");
  CHECK_EQ(decoded_output("\xFE\xFF\0g\xD8\x3D\xDE\x00\xD8\x00"s), "g😀\xEF\xBF\xBD");
}

SCENARIO("broken UTF-8 stays UTF-8") {
  CHECK_EQ(decoded_output("ä\xFFö"), "ä\xEF\xBF\xBDö");
  GIVEN("text that was cut inside a character") {
    CHECK_EQ(decoded_output("plain \xE2\x82"), "plain \xEF\xBF\xBD\xEF\xBF\xBD");
  }
}
