#include "apps/run/toml_tasks.hpp"

#include "config/settings_tree.hpp"
#include "config/toml_reader.hpp"

#include <boost/json/array.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace troupe::run {

namespace json = boost::json;

namespace {

json::object to_json(const config::setting_table& table);

/// Recursion is bounded by config::max_nesting.
json::value to_json(const config::setting& x) {
  struct visitor {
    json::value operator()(const std::string& y) const { return json::string{y}; }
    json::value operator()(std::int64_t y) const { return y; }
    json::value operator()(double y) const { return y; }
    json::value operator()(bool y) const { return y; }
    json::value operator()(const config::date_text& y) const { return json::string{y.text}; }
    json::value operator()(const config::setting_table& y) const { return to_json(y); }
    json::value operator()(const config::setting_list& y) const {
      json::array out;
      for (const auto& element : y)
        out.push_back(to_json(element));
      return out;
    }
  };
  return std::visit(visitor{}, x.value);
}

json::object to_json(const config::setting_table& table) {
  json::object out;
  for (const auto& [key, value] : table)
    out.emplace(key, to_json(value));
  return out;
}

toml_task_problem problem_at(const config::setting& x, std::string_view text) {
  return {config::error_at(x.where, text).message};
}

using key_lines = std::map<std::string, std::uint32_t>;

key_lines lines_of(const config::setting_table& table) {
  key_lines out;
  for (const auto& [key, value] : table)
    out.emplace(key, value.where.line);
  return out;
}

/// `cwd` of a task replaces a default `template` and the other way round: a task has one place.
void drop_replaced_place(const json::object& task, json::object& defaults) {
  if (task.contains("cwd"))
    defaults.erase("template");
  if (task.contains("template"))
    defaults.erase("cwd");
}

json::object with_defaults(json::object task, json::object defaults) {
  drop_replaced_place(task, defaults);
  for (auto& [key, value] : defaults)
    if (!task.contains(key))
      task.emplace(key, std::move(value));
  return task;
}

} // namespace

std::variant<std::vector<raw_task>, toml_task_problem> parse_toml_tasks(std::string_view text,
                                                                        std::string_view label) {
  const auto source = std::make_shared<config::settings_source>(
    config::settings_source{std::string{label}, {}, std::string{text}});
  const auto parsed = config::parse_toml(source);
  if (const auto* error = std::get_if<config::config_error>(&parsed))
    return toml_task_problem{error->message};
  json::object defaults;
  key_lines default_lines;
  std::vector<raw_task> out;
  // The table is sorted: "defaults" comes before "task".
  for (const auto& [key, value] : std::get<config::setting_table>(parsed)) {
    const auto* table = std::get_if<config::setting_table>(&value.value);
    const auto* list = std::get_if<config::setting_list>(&value.value);
    if (key == "defaults" && table != nullptr) {
      defaults = to_json(*table);
      default_lines = lines_of(*table);
    } else if (key != "task" || list == nullptr)
      return problem_at(value, "only [defaults] and [[task]] stand on the top level");
    else
      for (const auto& entry : *list) {
        const auto* fields = std::get_if<config::setting_table>(&entry.value);
        if (fields == nullptr)
          return problem_at(entry, "a task must be a table");
        auto lines = lines_of(*fields);
        lines.insert(default_lines.begin(), default_lines.end()); // of keys that the task lacks
        out.push_back(
          {with_defaults(to_json(*fields), defaults), entry.where.line, std::move(lines)});
      }
  }
  return out;
}

} // namespace troupe::run
