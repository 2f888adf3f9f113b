#include "apps/sim/body_decoding.hpp"

#include <zstd.h>

#include <array>
#include <memory>

namespace troupe::sim {

namespace {

struct free_stream {
  void operator()(ZSTD_DStream* x) const { ZSTD_freeDStream(x); }
};

std::variant<std::string, undecodable> decompressed(std::string_view body, std::size_t max_bytes) {
  const std::unique_ptr<ZSTD_DStream, free_stream> stream{ZSTD_createDStream()};
  if (!stream)
    return undecodable{"out of memory"};
  std::string result;
  std::array<char, 64 * 1024> block;
  ZSTD_inBuffer in{body.data(), body.size(), 0};
  // 0: a frame is complete. A call that neither reads nor writes anything wants more than there is.
  for (std::size_t state = 1; state != 0;) {
    ZSTD_outBuffer out{block.data(), block.size(), 0};
    const auto before = in.pos;
    state = ZSTD_decompressStream(stream.get(), &out, &in);
    if (ZSTD_isError(state) != 0)
      return undecodable{"the body is not zstd"};
    if (result.size() + out.pos > max_bytes)
      return undecodable{"the body is too large once decompressed"};
    result.append(block.data(), out.pos);
    if (state != 0 && in.pos == before && out.pos == 0)
      return undecodable{"the zstd body ends too early"};
  }
  return result;
}

} // namespace

std::variant<std::string, undecodable> decoded_body(std::string_view encoding, std::string body,
                                                    std::size_t max_bytes) {
  if (encoding.empty() || encoding == "identity")
    return body;
  if (encoding == "zstd")
    return decompressed(body, max_bytes);
  return undecodable{"unknown Content-Encoding; known are identity and zstd"};
}

} // namespace troupe::sim
