#pragma once

#include "config/settings_tree.hpp"
#include "config/suggestion.hpp"
#include "messages/wire_enum.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::sim {

/// The first error of a document; the later ones are often its consequences.
class error_sink {
public:
  void refuse(const config::origin& where, std::string_view message) {
    if (!error_)
      error_ = config::error_at(where, message).message;
  }

  const std::optional<std::string>& error() const { return error_; }

private:
  std::optional<std::string> error_;
};

/// Reads the fields of one table strictly: a wrong type, a value out of range and, at the end, a
/// key that nobody asked for are errors. After an error every value reads as absent, so a caller
/// reads on without looking. Refers to the tree and the sink; not for keeping.
class field_reader {
public:
  /// `path` names the table in messages, such as "rule.when"; empty for the document.
  field_reader(const config::setting_table& table, config::origin where, std::string path,
               error_sink& errors)
    : table_(table), where_(std::move(where)), path_(std::move(path)), errors_(errors) {}

  /// The raw value; asking makes the key a known one.
  const config::setting* find(std::string_view key);

  std::optional<std::string> text(std::string_view key);
  std::optional<bool> boolean(std::string_view key);
  std::optional<std::int64_t> integer(std::string_view key, std::int64_t least = 0,
                                      std::int64_t most = std::numeric_limits<std::int64_t>::max());
  /// Integers count as numbers. Neither infinite nor NaN.
  std::optional<double> number(std::string_view key, double least, double most);
  /// A string counts as a list of one.
  std::vector<std::string> texts(std::string_view key);
  /// The readers of an array of tables; empty when absent.
  std::vector<field_reader> tables(std::string_view key);
  std::optional<field_reader> table(std::string_view key);
  /// The keys and values of a table of strings.
  std::vector<std::pair<std::string, std::string>> text_pairs(std::string_view key);

  template <wire_enum Enum>
  std::optional<Enum> choice(std::string_view key) {
    const auto word = text(key);
    if (!word)
      return std::nullopt;
    const auto result = parse_enum<Enum>(*word);
    if (!result)
      refuse(key, "unknown value \"" + *word + "\"" +
                    config::suggestion(*word, enum_texts<Enum>::values));
    return result;
  }

  /// The names of all fields, without making them known.
  std::vector<std::string_view> keys() const;

  /// Records an error at `key`, or at the table when it has no such key.
  void refuse(std::string_view key, std::string_view message);

  /// Refuses the first key that was not asked for. Call it last.
  void finish();

  const config::origin& where() const { return where_; }
  const std::string& path() const { return path_; }
  error_sink& errors() const { return errors_; }

  std::string name_of(std::string_view key) const;

private:
  template <class T>
  const T* value(std::string_view key, std::string_view expected);

  const config::setting_table& table_;
  config::origin where_;
  std::string path_;
  error_sink& errors_;
  std::set<std::string, std::less<>> known_;
};

} // namespace troupe::sim
