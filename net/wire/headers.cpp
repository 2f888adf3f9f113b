#include "net/wire/headers.hpp"

#include <algorithm>
#include <array>

namespace troupe::net {

namespace {

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

// A table, because every header of every request and response is checked.
constexpr auto token_chars = [] {
  std::array<bool, 256> table{};
  for (const char c : std::string_view{"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
                                       "ABCDEFGHIJKLMNOPQRSTUVWXYZ"})
    table[static_cast<unsigned char>(c)] = true;
  return table;
}();

constexpr bool is_token_char(char c) {
  return token_chars[static_cast<unsigned char>(c)];
}

constexpr bool is_value_char(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return c == '\t' || (byte >= 0x20 && byte != 0x7F);
}

constexpr bool is_readable_char(char c) {
  return c == '\t' || (c >= ' ' && c <= '~');
}

bool contains_ignoring_case(std::string_view text, std::string_view part) {
  return std::search(text.begin(), text.end(), part.begin(), part.end(),
                     [](char a, char b) { return lower(a) == lower(b); }) != text.end();
}

constexpr std::array secret_name_parts = std::to_array<std::string_view>(
  {"authorization", "cookie", "account-id", "api-key", "apikey", "token", "secret", "password"});

} // namespace

bool is_legal_header_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, is_token_char);
}

bool is_legal_header_value(std::string_view value) {
  return std::ranges::all_of(value, is_value_char);
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

bool header_list::set(std::string_view name, std::string_view value) {
  if (!is_legal_header_name(name) || !is_legal_header_value(value))
    return false;
  const auto same = [&](const header& x) { return equals_ignoring_case(x.name, name); };
  const auto first = std::ranges::find_if(entries_, same);
  if (first == entries_.end()) {
    entries_.push_back({std::string{name}, std::string{value}});
    return true;
  }
  *first = {std::string{name}, std::string{value}};
  entries_.erase(std::remove_if(std::next(first), entries_.end(), same), entries_.end());
  return true;
}

bool header_list::add(std::string_view name, std::string_view value) {
  if (!is_legal_header_name(name) || !is_legal_header_value(value))
    return false;
  entries_.push_back({std::string{name}, std::string{value}});
  return true;
}

void header_list::remove(std::string_view name) {
  std::erase_if(entries_, [&](const header& x) { return equals_ignoring_case(x.name, name); });
}

std::optional<std::string_view> header_list::find(std::string_view name) const {
  const auto i = std::ranges::find_if(
    entries_, [&](const header& x) { return equals_ignoring_case(x.name, name); });
  if (i == entries_.end())
    return std::nullopt;
  return i->value;
}

std::optional<std::string_view> header_list::find_readable(std::string_view name) const {
  const auto value = find(name);
  return value && std::ranges::all_of(*value, is_readable_char) ? value : std::nullopt;
}

bool may_hold_credential(std::string_view name) {
  return (name.size() >= 3 && equals_ignoring_case(name.substr(name.size() - 3), "key")) ||
         std::ranges::any_of(secret_name_parts, [&](std::string_view part) {
           return contains_ignoring_case(name, part);
         });
}

std::string_view loggable_value(const header& x) {
  return may_hold_credential(x.name) ? std::string_view{"***"} : std::string_view{x.value};
}

std::string loggable_text(const header_list& xs) {
  std::string text;
  for (const auto& x : xs) {
    text += x.name;
    text += ": ";
    text += loggable_value(x);
    text += '\n';
  }
  return text;
}

} // namespace troupe::net
