#pragma once

#include "config/settings_tree.hpp"
#include "messages/wire_enum.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::config {

/// Reads values of known types out of a table of settings. A value of a wrong type or outside its
/// range reads as absent and is remembered: the first one is `error()`, shared by all readers made
/// from one. So a caller reads everything and asks once. Absent keys and unknown keys are no error.
/// Refers to the tree it reads; not for keeping.
class table_reader {
public:
  /// `user_home` is what `~/` in a path stands for; empty: `~` is kept.
  explicit table_reader(const setting_table& root, std::filesystem::path user_home = {});

  std::optional<std::string> text(std::string_view key) const;
  std::optional<bool> boolean(std::string_view key) const;
  std::optional<std::int64_t> integer(std::string_view key) const;
  /// An integer that is not negative.
  std::optional<std::uint64_t> count(std::string_view key) const;
  std::optional<std::vector<std::string>> texts(std::string_view key) const;
  std::optional<std::map<std::string, std::string>> text_map(std::string_view key) const;
  /// Made absolute against the directory of the file that holds it.
  std::optional<std::filesystem::path> path(std::string_view key) const;
  std::optional<std::vector<std::filesystem::path>> paths(std::string_view key) const;

  template <wire_enum Enum>
  std::optional<Enum> choice(std::string_view key) const {
    const auto word = text(key);
    if (!word)
      return std::nullopt;
    const auto result = parse_enum<Enum>(*word);
    if (!result)
      refuse_choice(key, enum_texts<Enum>::values);
    return result;
  }

  /// The table at `key`; an empty one when absent.
  table_reader table(std::string_view key) const;
  std::vector<std::string_view> keys() const;

  const setting* find(std::string_view key) const;
  /// Is the value at `key` a table? For keys that may be either.
  bool holds_table(std::string_view key) const;
  bool holds_text(std::string_view key) const;

  /// Records an error at `key` (at the table itself when `key` is absent from it).
  void refuse(std::string_view key, std::string_view message) const;

  const std::optional<config_error>& error() const { return state_->error; }

private:
  struct state {
    std::filesystem::path user_home;
    std::optional<config_error> error;
  };

  table_reader(const setting_table& root, std::string prefix, origin where,
               std::shared_ptr<state> shared);

  template <class T>
  const T* value(std::string_view key, std::string_view expected) const;
  void refuse_type(std::string_view name, const setting& found, std::string_view expected) const;
  void refuse_choice(std::string_view key, std::span<const std::string_view> known) const;
  std::filesystem::path resolve(const std::string& path, const origin& where) const;

  const setting_table* root_;
  std::string prefix_; ///< "a.b." for the table a.b
  origin where_;
  std::shared_ptr<state> state_;
};

} // namespace troupe::config
