#include "apps/sim/scenario_reader.hpp"
#include "apps/sim/simulated_model.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

using namespace troupe::sim;

namespace {

// A request that makes as many rules apply as possible: a user message and a tool output.
constexpr std::string_view body =
  R"({"model":"m","prompt_cache_key":"t","tools":[{"type":"function","name":"exec_command"}],)"
  R"("input":[{"type":"message","role":"user","content":[{"type":"input_text",)"
  R"("text":"hello `ls` world"}]},{"type":"function_call","name":"exec_command",)"
  R"("arguments":"{}","call_id":"c"},{"type":"function_call_output","call_id":"c",)"
  R"("output":"Chunk ID: 1\nProcess exited with code 1\nOutput:\nFAIL: x\n"}]})";

} // namespace

// The text is a scenario; one that is valid must also play, the same way twice.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  auto read = read_scenario(text, "fuzz");
  auto* good = std::get_if<scenario>(&read);
  if (good == nullptr)
    return 0;
  const simulated_model model{std::move(*good)};
  const auto request = view_request(body);
  const auto& view = std::get<request_view>(request);
  for (std::uint64_t number = 1; number < 4; ++number) {
    const auto first = model.respond(view, 1, {number, 1, 0});
    const auto second = model.respond(view, 1, {number, 1, 0});
    if (first.what != second.what)
      __builtin_trap();
  }
  return 0;
}
