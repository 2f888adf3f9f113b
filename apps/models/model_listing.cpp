#include "apps/models/model_listing.hpp"

#include "messages/json/writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

namespace troupe::models {

namespace {

using row = std::array<std::string, 4>;

bool is_shown(const model_preset& x, shown_models which) {
  return x.show_in_picker || which == shown_models::all;
}

std::string effort_names(const model_preset& x) {
  std::string result;
  for (const auto& level : x.efforts) {
    if (!result.empty())
      result += ", ";
    result += to_text(level.effort);
  }
  return result;
}

row to_row(const model_preset& x) {
  return {x.model + (x.is_default ? " *" : ""), to_string(x.default_effort), effort_names(x),
          x.description};
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
  writer.key("is_default").boolean(x.is_default);
  writer.key("show_in_picker").boolean(x.show_in_picker);
  writer.key("supported_in_api").boolean(x.supported_in_api);
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

} // namespace troupe::models
