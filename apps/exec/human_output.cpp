#include "apps/exec/human_output.hpp"

#include "actors/tool_runner/shell_words.hpp"
#include "apps/common/number_text.hpp"
#include "apps/common/printable_text.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace troupe::exec {

namespace {

constexpr std::string_view bold = "1";
constexpr std::string_view dim = "2";
constexpr std::string_view red = "31";
constexpr std::string_view green = "32";
constexpr std::string_view yellow = "33";
constexpr std::string_view magenta = "35";
constexpr std::string_view cyan = "36";

/// Control characters of ASCII are left out: many outputs have a CR in each line.
std::string printable(std::string_view text) {
  std::string out{text};
  std::erase_if(out, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7F;
  });
  return common::printable(out);
}

void put_text(std::string_view text, std::string& out) {
  out += final_text(printable(text));
}

/// The first `count` lines.
std::string_view first_lines(std::string_view text, std::size_t count) {
  std::size_t end = 0;
  while (count-- > 0 && end < text.size()) {
    const auto newline = text.find('\n', end);
    if (newline == std::string_view::npos)
      return text;
    end = newline + 1;
  }
  return text.substr(0, end);
}

void put_prefixed_lines(char prefix, std::string_view text, std::string& out) {
  while (!text.empty()) {
    const auto line = first_lines(text, 1);
    out += prefix;
    put_text(line, out);
    text.remove_prefix(line.size());
  }
}

std::string_view marker(step_status status) {
  switch (status) {
  case step_status::completed: return "✓";
  case step_status::in_progress: return "→";
  case step_status::pending: return "•";
  }
  return {};
}

std::string sandbox_text(const sandbox_policy& x) {
  auto text = to_string(x.mode);
  if (x.mode == sandbox_mode::workspace_write && x.network_access)
    text += " (network access enabled)";
  return text;
}

} // namespace

std::string human_output::styled(std::string_view code, std::string_view text) const {
  return style_ == text_style::plain ? std::string{text}
                                     : fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

void human_output::begin(const introduction& x, std::string& out) {
  const auto field = [&](std::string_view name, std::string_view value) {
    out += fmt::format("{} {}\n", styled(bold, fmt::format("{}:", name)), printable(value));
  };
  const auto& session = x.session;
  out += fmt::format("Troupe v{}\n--------\n", x.version);
  field("workdir", session.cwd);
  field("model", session.model);
  field("provider", session.model_provider_id);
  field("approval", to_text(session.approval_policy));
  field("sandbox", sandbox_text(session.sandbox_policy));
  field("reasoning effort", session.reasoning_effort ? to_text(*session.reasoning_effort) : "none");
  field("reasoning summaries", x.reasoning_summary);
  field("session id", to_string(session.session_id));
  out += "--------\n";
  for (const auto& text : x.warnings)
    on(warning{text}, out);
  out += styled(cyan, "user") + '\n';
  put_text(x.prompt, out);
}

void human_output::event(const event_msg& x, std::string& out) {
  const auto before = out.size();
  std::visit([&](const auto& y) { on(y, out); }, x);
  // Events that show nothing do not come between a command and its result.
  if (out.size() == before)
    return;
  const auto* begun = std::get_if<exec_command_begin>(&x);
  last_command_ = begun == nullptr ? "" : begun->call_id;
}

void human_output::failed(std::string_view message, std::string& out) {
  turn_error error;
  error.message = message;
  on(error, out);
}

void human_output::end(std::string& out) {
  if (!usage_)
    return;
  const auto& x = *usage_;
  const auto count =
    std::max<std::int64_t>(0, x.input_tokens - x.cached_input_tokens) + x.output_tokens;
  out += fmt::format("{}\n{}\n", styled(magenta, "tokens used"), common::with_separators(count));
}

void human_output::on(const item_completed& x, std::string& out) {
  if (const auto* message = std::get_if<agent_message_item>(&x.item)) {
    out += styled(magenta, "codex") + '\n';
    put_text(message->text, out);
  } else if (const auto* reasoning = std::get_if<reasoning_item>(&x.item)) {
    put_reasoning(*reasoning, out);
  } else if (const auto* search = std::get_if<web_search_item>(&x.item)) {
    out += fmt::format("{} {}\n", styled(magenta, "searched the web:"), printable(search->query));
  }
}

void human_output::put_reasoning(const reasoning_item& x, std::string& out) const {
  if (reasoning_ == reasoning_display::hidden)
    return;
  const bool raw = reasoning_ == reasoning_display::raw && !x.raw_content.empty();
  const auto& parts = raw ? x.raw_content : x.summary_text;
  if (parts.empty())
    return;
  out += styled(magenta, "thinking") + '\n';
  for (const auto& part : parts)
    put_text(part, out);
}

void human_output::put_command(const exec_command_begin& x, std::string& out) const {
  out +=
    fmt::format("{}\n{} in {}\n", styled(magenta, "exec"),
                styled(bold, printable(tool_runner::shell_joined(x.command))), printable(x.cwd));
}

void human_output::on(const exec_command_begin& x, std::string& out) {
  put_command(x, out);
}

void human_output::on(const exec_command_end& x, std::string& out) {
  if (last_command_ != x.begin.call_id)
    put_command(x.begin, out);
  const auto duration = common::duration_text(x.duration);
  out += x.exit_code == 0 ? styled(green, fmt::format(" succeeded in {}:", duration))
                          : styled(red, fmt::format(" exited {} in {}:", x.exit_code, duration));
  out += '\n';
  const auto shown = first_lines(x.aggregated_output, max_output_lines);
  if (!shown.empty())
    out += styled(dim, final_text(printable(shown)));
}

void human_output::on(const patch_apply_end& x, std::string& out) {
  out += fmt::format("{}\n{}\n", styled(magenta, "apply patch"),
                     x.success ? styled(green, "patch: completed") : styled(red, "patch: failed"));
  for (const auto& [path, change] : x.changes)
    put_change(path, change, out);
  if (!x.success && !x.standard_error.empty())
    put_text(x.standard_error, out);
}

void human_output::put_change(std::string_view path, const file_change& x, std::string& out) const {
  const auto target = x.move_path.empty() ? "" : fmt::format(" -> {}", printable(x.move_path));
  out += fmt::format("{} {}{}\n", to_text(x.kind), printable(path), target);
  switch (x.kind) {
  case change_kind::add: put_prefixed_lines('+', x.text, out); break;
  case change_kind::remove: put_prefixed_lines('-', x.text, out); break;
  case change_kind::update: put_text(x.text, out); break;
  }
}

void human_output::on(const plan_update& x, std::string& out) {
  out += styled(magenta, "Plan update") + '\n';
  if (x.explanation)
    put_text(*x.explanation, out);
  for (const auto& step : x.plan)
    out += fmt::format("  {} {}\n", marker(step.status), printable(step.step));
}

void human_output::on(const stream_error& x, std::string& out) {
  const auto text = x.additional_details.empty()
                      ? x.message
                      : fmt::format("{} ({})", x.message, x.additional_details);
  out += fmt::format("{} {}\n", styled(red, "ERROR:"), printable(text));
}

void human_output::on(const turn_error& x, std::string& out) {
  out += fmt::format("{} {}\n", styled(red, "ERROR:"), printable(x.message));
}

void human_output::on(const warning& x, std::string& out) {
  out += fmt::format("{} {}\n", styled(yellow, "warning:"), printable(x.message));
}

void human_output::on(const turn_aborted&, std::string& out) {
  out += "turn interrupted\n";
}

void human_output::on(const token_count& x, std::string&) {
  if (x.usage)
    usage_ = x.usage->total;
}

std::string final_text(std::string_view message) {
  std::string out{message};
  if (!out.ends_with('\n'))
    out += '\n';
  return out;
}

} // namespace troupe::exec
