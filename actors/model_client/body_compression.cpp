#include "actors/model_client/body_compression.hpp"

#include <zstd.h>

#include <string>
#include <string_view>
#include <utility>

namespace troupe::model_client {

struct body_compressor::state {
  state() : context(ZSTD_createCCtx()) {}
  ~state() { ZSTD_freeCCtx(context); }
  state(const state&) = delete;
  state& operator=(const state&) = delete;

  /// False: zstd gave up.
  bool add(std::string_view piece, ZSTD_EndDirective mode, std::string& out) {
    ZSTD_inBuffer in{piece.data(), piece.size(), 0};
    for (;;) {
      const auto used = out.size();
      out.resize(used + ZSTD_CStreamOutSize() / 8);
      ZSTD_outBuffer to{out.data() + used, out.size() - used, 0};
      const auto left = ZSTD_compressStream2(context, &to, &in, mode);
      out.resize(used + to.pos);
      if (ZSTD_isError(left) != 0)
        return false;
      if (mode == ZSTD_e_end ? left == 0 : in.pos == in.size)
        return true;
    }
  }

  ZSTD_CCtx* context;
};

body_compressor::body_compressor() = default;
body_compressor::~body_compressor() = default;

std::optional<fragment> body_compressor::compress(const std::vector<fragment>& body) {
  if (!state_)
    state_ = std::make_unique<state>();
  auto* const context = state_->context;
  if (context == nullptr)
    return std::nullopt;
  std::size_t total = 0;
  for (const auto& piece : body)
    total += piece ? piece->size() : 0;
  ZSTD_CCtx_reset(context, ZSTD_reset_session_and_parameters);
  ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, zstd_level);
  ZSTD_CCtx_setPledgedSrcSize(context, total);
  std::string out;
  out.reserve(total / 4 + 256);
  for (const auto& piece : body)
    if (piece && !state_->add(*piece, ZSTD_e_continue, out))
      return std::nullopt;
  if (!state_->add({}, ZSTD_e_end, out))
    return std::nullopt;
  out.shrink_to_fit();
  return std::make_shared<const std::string>(std::move(out));
}

} // namespace troupe::model_client
