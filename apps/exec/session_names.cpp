#include "apps/exec/session_names.hpp"

#include "config/text_file.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <unordered_map>

namespace troupe::exec {

namespace json = boost::json;

namespace {

struct named_thread {
  thread_id thread;
  std::string name;
};

std::optional<std::string> string_member(const json::object& x, std::string_view key) {
  const auto* field = x.if_contains(key);
  if (field == nullptr || !field->is_string())
    return std::nullopt;
  return std::string{field->get_string()};
}

/// None for a line that is damaged or of another make.
std::optional<named_thread> parse_line(std::string_view line) {
  json::error_code error;
  const auto value = json::parse(line, error);
  if (error || !value.is_object())
    return std::nullopt;
  const auto id = string_member(value.get_object(), "id");
  const auto name = string_member(value.get_object(), "thread_name");
  const auto thread = id ? parse_thread_id(*id) : std::nullopt;
  if (!thread || !name)
    return std::nullopt;
  return named_thread{*thread, *name};
}

} // namespace

std::optional<thread_id> find_thread_name(std::string_view index, std::string_view name) {
  std::unordered_map<thread_id, std::string> names;
  std::vector<thread_id> carriers; // who got the name, oldest first
  index = config::without_mark(index);
  while (!index.empty()) {
    const auto end = index.find('\n');
    if (auto line = parse_line(index.substr(0, end))) {
      if (line->name == name)
        carriers.push_back(line->thread);
      names[line->thread] = std::move(line->name);
    }
    index.remove_prefix(end == std::string_view::npos ? index.size() : end + 1);
  }
  const auto still_named = [&](const thread_id& x) { return names.at(x) == name; };
  const auto found = std::find_if(carriers.rbegin(), carriers.rend(), still_named);
  return found == carriers.rend() ? std::nullopt : std::optional{*found};
}

const stored_thread* find_last_thread(const std::vector<stored_thread>& newest_first,
                                      const last_thread_filter& filter) {
  const auto found = std::ranges::find_if(newest_first, [&](const stored_thread& x) {
    return filter.cwd.empty() || x.cwd == filter.cwd;
  });
  return found == newest_first.end() ? nullptr : &*found;
}

} // namespace troupe::exec
