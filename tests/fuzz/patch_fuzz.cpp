#include "actors/tool_runner/file_view.hpp"
#include "actors/tool_runner/patch_parser.hpp"
#include "actors/tool_runner/patch_preview.hpp"

#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>

namespace {

using namespace troupe::tool_runner;

class memory_files final : public file_view {
public:
  std::variant<file_snapshot, std::error_code> read(const std::string& path) const override {
    if (path != "/w/a.txt")
      return std::make_error_code(std::errc::no_such_file_or_directory);
    return file_snapshot{.content = "one\ntwo\n\tthree\n\xE2\x80\x9C"
                                    "four\xE2\x80\x9D\n\nfive",
                         .mode = file_mode::regular};
  }
};

} // namespace

// Whatever the text, parsing and verifying end without a crash, and an update leaves text that ends
// with a newline.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text{data, data + size};
  const auto parsed = parse_patch(text);
  const auto* x = std::get_if<patch>(&parsed);
  if (!x)
    return 0;
  const auto preview = preview_patch(*x, "/w", memory_files{});
  if (const auto* changes = std::get_if<troupe::file_changes>(&preview))
    for (const auto& [path, change] : *changes)
      if (!path.starts_with('/') || (!change.text.empty() && change.text.back() != '\n' &&
                                     change.kind != troupe::change_kind::remove))
        std::abort();
  return 0;
}
