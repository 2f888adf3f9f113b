#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace troupe::sim {

/// One instruction of a compiled pattern. A detail of `pattern`.
struct pattern_step {
  enum class kind : std::uint8_t {
    code_point, ///< consumes the code point `value`
    any,        ///< consumes anything but a line feed
    any_at_all, ///< consumes anything
    set,        ///< consumes a member of set number `value`
    fork,       ///< goes on at `first` and, with lower priority, at `second`
    jump,       ///< goes on at `first`
    save,       ///< notes the position in slot `value`
    text_begin,
    text_end,
    line_begin,
    line_end,
    word_edge,
    no_word_edge,
    found,
  };
  kind what = kind::found;
  char32_t value = 0;
  std::uint32_t first = 0;
  std::uint32_t second = 0;
};

/// A set of code points, as ranges with both ends included.
struct pattern_set {
  std::vector<std::pair<char32_t, char32_t>> ranges;
  bool negated = false;

  bool contains(char32_t x) const;
};

struct pattern_program {
  std::vector<pattern_step> steps;
  std::vector<pattern_set> sets;
  std::size_t groups = 0;       ///< without group 0, the whole match
  bool ignores_case = false;    ///< ASCII letters only
  bool starts_at_front = false; ///< can only match at position 0
  std::string prefix;           ///< bytes every match starts with
};

struct pattern_error {
  std::size_t offset = 0; ///< in the pattern's text
  std::string message;
};

/// A regular expression. Matching takes time proportional to text times pattern and never recurses,
/// whatever the two are (std::regex does neither), because texts come from the network.
///
/// Syntax: literals, `.`, `[a-z]`, `[^a-z]`, `\d \w \s \D \W \S \b \B \n \t \r \xHH`, `^`, `$`,
/// `(...)`, `(?:...)`, `a|b`, `* + ? {n} {n,} {n,m}` and their lazy forms with `?`. A pattern may
/// begin with flags: `(?i)` ignores ASCII case, `(?s)` lets `.` match line feeds, `(?m)` lets `^`
/// and `$` match at line ends. No back references, no look-around.
///
/// Works on code points; bytes that are not UTF-8 match only `.` and negated sets.
class pattern {
public:
  static constexpr std::size_t max_pattern_bytes = 2000;
  static constexpr std::size_t max_groups = 20;
  static constexpr std::size_t max_nesting = 32;
  static constexpr std::size_t max_repetitions = 1000;
  static constexpr std::size_t max_steps = 10'000;

  static std::variant<pattern, pattern_error> compile(std::string_view text);

  /// The leftmost match: the whole match, then every group (empty when it took no part). The views
  /// point into `subject`.
  std::optional<std::vector<std::string_view>> search(std::string_view subject) const;

  std::size_t groups() const { return program_.groups; }

private:
  explicit pattern(pattern_program program) : program_(std::move(program)) {}

  pattern_program program_;
};

/// Parses and compiles; for `pattern::compile`.
std::variant<pattern_program, pattern_error> compile_pattern(std::string_view text);

} // namespace troupe::sim
