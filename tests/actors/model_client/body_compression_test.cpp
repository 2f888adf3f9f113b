#define CAF_SUITE body_compression
#include <caf/test/bdd_dsl.hpp>

#include "actors/model_client/body_compression.hpp"

#include <zstd.h>

#include <string>

using namespace troupe::model_client;

namespace {

fragment piece(std::string text) {
  return std::make_shared<const std::string>(std::move(text));
}

std::string decompressed(const std::string& text) {
  const auto size = ZSTD_getFrameContentSize(text.data(), text.size());
  REQUIRE(size != ZSTD_CONTENTSIZE_ERROR && size != ZSTD_CONTENTSIZE_UNKNOWN);
  std::string result(size, '\0');
  const auto n = ZSTD_decompress(result.data(), result.size(), text.data(), text.size());
  CHECK_EQ(n, result.size());
  return result;
}

} // namespace

SCENARIO("pieces come out as one text") {
  body_compressor x;
  const auto out = x.compress({piece("{\"a\":"), nullptr, piece("1"), piece("}")});
  REQUIRE(out);
  CHECK_EQ(decompressed(**out), "{\"a\":1}");
}

SCENARIO("a large body gets much smaller, and the next one starts afresh") {
  body_compressor x;
  std::string text;
  for (int i = 0; i < 200'000; ++i)
    text += "item " + std::to_string(i % 977) + ", ";
  const auto large = x.compress({piece("["), piece(text), piece(text), piece("]")});
  REQUIRE(large);
  CHECK_EQ(decompressed(**large), "[" + text + text + "]");
  CHECK((*large)->size() < text.size() / 4);
  const auto small = x.compress({piece("x")});
  REQUIRE(small);
  CHECK_EQ(decompressed(**small), "x");
}

SCENARIO("nothing compresses to a frame of nothing") {
  body_compressor x;
  const auto out = x.compress({});
  REQUIRE(out);
  CHECK_EQ(decompressed(**out), "");
}
