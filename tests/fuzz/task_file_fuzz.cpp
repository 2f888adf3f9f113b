#include "apps/run/run_plan.hpp"
#include "apps/run/task_file.hpp"
#include "config/text_decoding.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

// What `troupe run` reads from files that people and killed processes leave behind.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace troupe;
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  for (const auto format : {run::task_format::jsonl, run::task_format::toml}) {
    const auto parsed = run::parse_task_file(text, format, "tasks");
    if (const auto* tasks = std::get_if<std::vector<run::raw_task>>(&parsed))
      for (const auto& x : *tasks)
        run::read_task(x, "/base");
  }
  run::read_results(text);
  config::decode_text(text);
  return 0;
}
