#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace troupe {

/// The texts of an enum's values in the order of the values, which start at 0 and have no gaps.
/// Specialised beside each enum that travels: the binary form is the number, every text form (JSON,
/// TOML, flags) the name.
template <class Enum>
struct enum_texts;

template <class Enum>
concept wire_enum = requires {
  enum_texts<Enum>::values.size();
};

template <wire_enum Enum>
constexpr std::string_view to_text(Enum x) {
  return enum_texts<Enum>::values[static_cast<std::size_t>(x)];
}

template <wire_enum Enum>
std::string to_string(Enum x) {
  return std::string{to_text(x)};
}

/// The value with exactly this text; none when there is no such value.
template <wire_enum Enum>
constexpr std::optional<Enum> parse_enum(std::string_view text) {
  const auto& texts = enum_texts<Enum>::values;
  for (std::size_t i = 0; i < texts.size(); ++i)
    if (texts[i] == text)
      return static_cast<Enum>(i);
  return std::nullopt;
}

template <class Inspector, wire_enum Enum>
bool inspect(Inspector& f, Enum& x) {
  auto get = [&x] { return static_cast<std::uint8_t>(x); };
  auto set = [&x](std::uint8_t number) {
    if (number >= enum_texts<Enum>::values.size())
      return false;
    x = static_cast<Enum>(number);
    return true;
  };
  return f.apply(get, set);
}

} // namespace troupe
