#include "apps/sim/field_reader.hpp"

#include <fmt/format.h>

#include <cmath>

namespace troupe::sim {

std::string field_reader::name_of(std::string_view key) const {
  return path_.empty() ? std::string{key} : fmt::format("{}.{}", path_, key);
}

const config::setting* field_reader::find(std::string_view key) {
  known_.emplace(key);
  const auto found = table_.find(key);
  return found == table_.end() ? nullptr : &found->second;
}

void field_reader::refuse(std::string_view key, std::string_view message) {
  const auto found = table_.find(key);
  errors_.refuse(found == table_.end() ? where_ : found->second.where,
                 fmt::format("{}: {}", name_of(key), message));
}

template <class T>
const T* field_reader::value(std::string_view key, std::string_view expected) {
  const auto* found = find(key);
  if (found == nullptr || errors_.error())
    return nullptr;
  const auto* result = std::get_if<T>(&found->value);
  if (result == nullptr)
    refuse(key, fmt::format("expected {}, found {}", expected, config::kind_name(*found)));
  return result;
}

std::optional<std::string> field_reader::text(std::string_view key) {
  const auto* found = value<std::string>(key, "a string");
  return found == nullptr ? std::nullopt : std::optional{*found};
}

std::optional<bool> field_reader::boolean(std::string_view key) {
  const auto* found = value<bool>(key, "a boolean");
  return found == nullptr ? std::nullopt : std::optional{*found};
}

std::optional<std::int64_t> field_reader::integer(std::string_view key, std::int64_t least,
                                                  std::int64_t most) {
  const auto* found = value<std::int64_t>(key, "an integer");
  if (found == nullptr)
    return std::nullopt;
  if (*found < least)
    refuse(key, fmt::format("{} is too small; at least {}", *found, least));
  else if (*found > most)
    refuse(key, fmt::format("{} is too large; at most {}", *found, most));
  else
    return *found;
  return std::nullopt;
}

std::optional<double> field_reader::number(std::string_view key, double least, double most) {
  const auto* found = find(key);
  if (found == nullptr || errors_.error())
    return std::nullopt;
  const auto* whole = std::get_if<std::int64_t>(&found->value);
  const auto* real = whole == nullptr ? value<double>(key, "a number") : nullptr;
  if (whole == nullptr && real == nullptr)
    return std::nullopt;
  const auto result = whole == nullptr ? *real : static_cast<double>(*whole);
  if (!std::isfinite(result) || result < least || result > most) {
    refuse(key, fmt::format("{} is out of range; from {} to {}", result, least, most));
    return std::nullopt;
  }
  return result;
}

std::vector<std::string> field_reader::texts(std::string_view key) {
  const auto* found = find(key);
  if (found == nullptr || errors_.error())
    return {};
  if (const auto* one = std::get_if<std::string>(&found->value))
    return {*one};
  std::vector<std::string> result;
  const auto* list = value<config::setting_list>(key, "a string or an array of strings");
  if (list == nullptr)
    return {};
  for (const auto& x : *list) {
    const auto* text = std::get_if<std::string>(&x.value);
    if (text == nullptr) {
      errors_.refuse(x.where, fmt::format("{}: expected a string, found {}", name_of(key),
                                          config::kind_name(x)));
      return {};
    }
    result.push_back(*text);
  }
  return result;
}

std::vector<field_reader> field_reader::tables(std::string_view key) {
  std::vector<field_reader> result;
  const auto* list = value<config::setting_list>(key, "an array of tables");
  if (list == nullptr)
    return result;
  for (const auto& x : *list) {
    const auto* inner = std::get_if<config::setting_table>(&x.value);
    if (inner == nullptr) {
      errors_.refuse(
        x.where, fmt::format("{}: expected a table, found {}", name_of(key), config::kind_name(x)));
      return {};
    }
    result.emplace_back(*inner, x.where, name_of(key), errors_);
  }
  return result;
}

std::optional<field_reader> field_reader::table(std::string_view key) {
  const auto* inner = value<config::setting_table>(key, "a table");
  if (inner == nullptr)
    return std::nullopt;
  return field_reader{*inner, find(key)->where, name_of(key), errors_};
}

std::vector<std::pair<std::string, std::string>> field_reader::text_pairs(std::string_view key) {
  std::vector<std::pair<std::string, std::string>> result;
  auto inner = table(key);
  if (!inner)
    return result;
  for (const auto name : inner->keys())
    if (auto text = inner->text(name))
      result.emplace_back(name, std::move(*text));
  return result;
}

std::vector<std::string_view> field_reader::keys() const {
  std::vector<std::string_view> result;
  for (const auto& [key, unused] : table_)
    result.push_back(key);
  return result;
}

void field_reader::finish() {
  for (const auto& [key, x] : table_) {
    if (known_.contains(key))
      continue;
    const std::vector<std::string_view> known(known_.begin(), known_.end());
    errors_.refuse(
      x.where, fmt::format("unknown key \"{}\"{}", name_of(key), config::suggestion(key, known)));
    return;
  }
}

} // namespace troupe::sim
