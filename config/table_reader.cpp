#include "config/table_reader.hpp"

#include <fmt/format.h>

#include <utility>

namespace troupe::config {

namespace fs = std::filesystem;

namespace {

const setting_table& empty_table() {
  static const setting_table empty;
  return empty;
}

} // namespace

table_reader::table_reader(const setting_table& root, fs::path user_home)
  : root_(&root), state_(std::make_shared<state>(state{std::move(user_home), {}})) {}

table_reader::table_reader(const setting_table& root, std::string prefix, origin where,
                           std::shared_ptr<state> shared)
  : root_(&root), prefix_(std::move(prefix)), where_(std::move(where)), state_(std::move(shared)) {}

const setting* table_reader::find(std::string_view key) const {
  const auto found = root_->find(key);
  return found == root_->end() ? nullptr : &found->second;
}

template <class T>
const T* table_reader::value(std::string_view key, std::string_view expected) const {
  const auto* found = find(key);
  if (found == nullptr)
    return nullptr;
  const auto* result = std::get_if<T>(&found->value);
  if (result == nullptr)
    refuse_type(key, *found, expected);
  return result;
}

std::optional<std::string> table_reader::text(std::string_view key) const {
  const auto* found = value<std::string>(key, "a string");
  return found ? std::optional{*found} : std::nullopt;
}

std::optional<bool> table_reader::boolean(std::string_view key) const {
  const auto* found = value<bool>(key, "a boolean");
  return found ? std::optional{*found} : std::nullopt;
}

std::optional<std::int64_t> table_reader::integer(std::string_view key) const {
  const auto* found = value<std::int64_t>(key, "an integer");
  return found ? std::optional{*found} : std::nullopt;
}

std::optional<std::uint64_t> table_reader::count(std::string_view key) const {
  const auto number = integer(key);
  if (!number)
    return std::nullopt;
  if (*number < 0) {
    refuse(key, fmt::format("`{}{}` must not be negative", prefix_, key));
    return std::nullopt;
  }
  return static_cast<std::uint64_t>(*number);
}

std::optional<std::vector<std::string>> table_reader::texts(std::string_view key) const {
  const auto* list = value<setting_list>(key, "an array of strings");
  if (list == nullptr)
    return std::nullopt;
  std::vector<std::string> result;
  for (const auto& element : *list) {
    const auto* word = std::get_if<std::string>(&element.value);
    if (word == nullptr) {
      refuse_type(key, element, "an array of strings");
      return std::nullopt;
    }
    result.push_back(*word);
  }
  return result;
}

std::optional<std::map<std::string, std::string>>
table_reader::text_map(std::string_view key) const {
  const auto* table = value<setting_table>(key, "a table of strings");
  if (table == nullptr)
    return std::nullopt;
  std::map<std::string, std::string> result;
  for (const auto& [name, element] : *table) {
    const auto* word = std::get_if<std::string>(&element.value);
    if (word == nullptr) {
      refuse_type(fmt::format("{}.{}", key, name), element, "a string");
      return std::nullopt;
    }
    result.emplace(name, *word);
  }
  return result;
}

std::optional<fs::path> table_reader::path(std::string_view key) const {
  const auto word = text(key);
  if (!word)
    return std::nullopt;
  return resolve(*word, find(key)->where);
}

std::optional<std::vector<fs::path>> table_reader::paths(std::string_view key) const {
  const auto words = texts(key);
  if (!words)
    return std::nullopt;
  std::vector<fs::path> result;
  for (const auto& word : *words)
    result.push_back(resolve(word, find(key)->where));
  return result;
}

table_reader table_reader::table(std::string_view key) const {
  const auto* found = find(key);
  const auto* inner = value<setting_table>(key, "a table");
  return {inner ? *inner : empty_table(), fmt::format("{}{}.", prefix_, key),
          found ? found->where : where_, state_};
}

std::vector<std::string_view> table_reader::keys() const {
  std::vector<std::string_view> result;
  for (const auto& [key, value] : *root_)
    result.push_back(key);
  return result;
}

bool table_reader::holds_table(std::string_view key) const {
  const auto* found = find(key);
  return found != nullptr && std::holds_alternative<setting_table>(found->value);
}

bool table_reader::holds_text(std::string_view key) const {
  const auto* found = find(key);
  return found != nullptr && std::holds_alternative<std::string>(found->value);
}

void table_reader::refuse(std::string_view key, std::string_view message) const {
  if (state_->error)
    return;
  const auto* found = find(key);
  state_->error = error_at(found ? found->where : where_, message);
}

void table_reader::refuse_type(std::string_view name, const setting& found,
                               std::string_view expected) const {
  if (!state_->error)
    state_->error = error_at(found.where, fmt::format("`{}{}` must be {}, but is {}", prefix_, name,
                                                      expected, kind_name(found)));
}

void table_reader::refuse_choice(std::string_view key,
                                 std::span<const std::string_view> known) const {
  refuse(key, fmt::format("unknown value of `{}{}`; known are `{}`", prefix_, key,
                          fmt::join(known.begin(), known.end(), "`, `")));
}

fs::path table_reader::resolve(const std::string& path, const origin& where) const {
  if (!state_->user_home.empty() && (path == "~" || path.starts_with("~/")))
    return (state_->user_home / path.substr(std::min<std::size_t>(path.size(), 2)))
      .lexically_normal();
  const auto base = where.source ? where.source->directory : fs::path{};
  return (base / path).lexically_normal();
}

} // namespace troupe::config
