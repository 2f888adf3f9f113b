#include "apps/models/model_listing.hpp"

#include "config/catalogue.hpp"
#include "messages/json/writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace troupe::models {

namespace {

using row = std::array<std::string, 4>;

/// `name  value` lines with the values below each other; empty values are left out.
class property_lines {
public:
  void add(std::string_view name, std::string_view value) {
    if (!value.empty())
      text_ += fmt::format("{:<16}{}\n", name, value);
  }

  const std::string& text() const { return text_; }

private:
  std::string text_;
};

std::string tokens(std::optional<std::int64_t> x) {
  return x ? fmt::format("{} tokens", *x) : "unknown";
}

std::string_view yes_or_no(bool x) {
  return x ? "yes" : "no";
}

bool is_shown(const model_preset& x, shown_models which) {
  return x.show_in_picker || which == shown_models::all;
}

std::string effort_names(const std::vector<reasoning_level>& levels) {
  std::string result;
  for (const auto& level : levels) {
    if (!result.empty())
      result += ", ";
    result += to_text(level.effort);
  }
  return result;
}

std::string effort_names(const model_info& x) {
  auto result = effort_names(x.supported_reasoning_levels);
  if (x.default_reasoning_level)
    result +=
      fmt::format("{}(default {})", result.empty() ? "" : " ", to_text(*x.default_reasoning_level));
  return result;
}

row to_row(const model_preset& x) {
  return {x.model + (x.is_default ? " *" : ""), to_string(x.default_effort),
          effort_names(x.efforts), x.description};
}

/// Columns as wide as their widest cell; the last one is not filled up.
std::string aligned(const std::vector<row>& rows) {
  row::size_type last = std::tuple_size_v<row> - 1;
  std::array<std::size_t, std::tuple_size_v<row>> widths{};
  for (const auto& cells : rows)
    for (std::size_t i = 0; i < last; ++i)
      widths[i] = std::max(widths[i], cells[i].size());
  std::string result;
  for (const auto& cells : rows) {
    std::string line;
    for (std::size_t i = 0; i < last; ++i)
      line += fmt::format("{:<{}}  ", cells[i], widths[i]);
    line += cells[last];
    line.resize(line.find_last_not_of(' ') + 1);
    result += line + '\n';
  }
  return result;
}

void write_model(json_writer& writer, const model_preset& x) {
  writer.begin_object()
    .member("model", x.model)
    .member("model_provider", x.model_provider_id)
    .member("display_name", x.display_name)
    .member("description", x.description);
  writer.member("default_effort", to_text(x.default_effort));
  writer.key("efforts").begin_array();
  for (const auto& level : x.efforts)
    writer.begin_object()
      .member("effort", to_text(level.effort))
      .member("description", level.description)
      .end_object();
  writer.end_array();
  writer.key("supports_personality").boolean(x.supports_personality);
  writer.key("is_default").boolean(x.is_default);
  writer.key("upgrade");
  if (x.upgrade)
    writer.text(x.upgrade->id);
  else
    writer.null();
  writer.key("show_in_picker").boolean(x.show_in_picker);
  writer.key("supported_in_api").boolean(x.supported_in_api);
  writer.key("input_modalities").begin_array().text("text");
  if (x.accepts_images)
    writer.text("image");
  writer.end_array();
  writer.end_object();
}

} // namespace

std::string model_table(const model_list& list, shown_models which) {
  std::vector<row> rows{{"MODEL", "EFFORT", "EFFORTS", "DESCRIPTION"}};
  for (const auto& x : list.models)
    if (is_shown(x, which))
      rows.push_back(to_row(x));
  auto result = aligned(rows);
  const auto hidden = list.models.size() + 1 - rows.size();
  if (hidden > 0)
    result += fmt::format("{} more with --all\n", hidden);
  return result;
}

std::string model_json(const model_list& list, shown_models which) {
  std::string result;
  json_writer writer{result};
  writer.begin_object().key("models").begin_array();
  for (const auto& x : list.models)
    if (is_shown(x, which))
      write_model(writer, x);
  writer.end_array().end_object();
  return result + '\n';
}

std::string model_text(const model_info& x, model_origin origin) {
  property_lines out;
  out.add("model", x.slug);
  out.add("name", x.display_name);
  out.add("description", x.description.value_or(""));
  out.add("known from", origin == model_origin::listed
                          ? "the list of models"
                          : "its name only: what follows is assumed of models called like this");
  out.add("context window", tokens(x.context_window));
  out.add("usable of it", tokens(effective_context_window(x)));
  out.add("compacted at", tokens(auto_compact_limit(x)));
  out.add("efforts", effort_names(x));
  out.add("tool output",
          fmt::format("{} {}", x.truncation_policy.limit, to_text(x.truncation_policy.mode)));
  out.add("shell tool", to_text(x.shell_type));
  out.add("patch tool", x.apply_patch_tool_type ? to_text(*x.apply_patch_tool_type) : "none");
  out.add("parallel tools", yes_or_no(x.supports_parallel_tool_calls));
  out.add("summaries", yes_or_no(x.supports_reasoning_summaries));
  out.add("verbosity", x.support_verbosity
                         ? to_text(x.default_verbosity.value_or(verbosity::medium))
                         : "not adjustable");
  out.add("personality", yes_or_no(config::supports_personality(x)));
  out.add("images", yes_or_no(x.accepts_images));
  out.add("upgrade", x.upgrade ? x.upgrade->model : "");
  return out.text();
}

std::string model_info_json(const model_info& x) {
  const auto list = config::print_catalogue(std::span{&x, 1});
  // `{"models":[` … `]}` around the one entry.
  const auto begin = list.find('[') + 1;
  return list.substr(begin, list.rfind(']') - begin) + '\n';
}

} // namespace troupe::models
