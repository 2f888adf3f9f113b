#include "apps/sim/tool_output.hpp"

#include "apps/sim/json_text.hpp"

#include <charconv>

namespace troupe::sim {

namespace {

std::optional<int> number_after(std::string_view text, std::string_view label) {
  const auto at = text.find(label);
  if (at == std::string_view::npos)
    return std::nullopt;
  int value = 0;
  const auto rest = text.substr(at + label.size());
  const auto [stop, problem] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
  return problem == std::errc{} ? std::optional{value} : std::nullopt;
}

// The JSON layout of `shell` (contract tools, 3.4).
bool read_json_layout(tool_output& x) {
  const auto output = json_member(x.text, "output");
  const auto metadata = json_member(x.text, "metadata");
  if (!output || !metadata)
    return false;
  const auto code = json_member(*metadata, "exit_code");
  if (code)
    x.exit_code = number_after(*code, "");
  x.text = unescaped_json(*output, max_text_bytes);
  x.body_begin = 0;
  return true;
}

} // namespace

void read_shell_header(tool_output& x) {
  constexpr std::string_view mark = "Output:\n";
  if (x.text.starts_with("{\"output\":") && read_json_layout(x))
    return;
  const bool has_layout = x.text.starts_with("Exit code: ") || x.text.starts_with("Chunk ID: ") ||
                          x.text.starts_with("Wall time: ");
  const auto at = has_layout ? x.text.find(mark) : std::string::npos;
  if (at == std::string::npos)
    return;
  const auto header = std::string_view{x.text}.substr(0, at);
  x.body_begin = at + mark.size();
  x.exit_code = number_after(header, "Process exited with code ");
  if (!x.exit_code)
    x.exit_code = number_after(header, "Exit code: ");
}

} // namespace troupe::sim
