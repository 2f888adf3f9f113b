#include "apps/sim/pattern_parser.hpp"

#include "apps/sim/utf8.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace troupe::sim {

namespace {

using step_kind = pattern_step::kind;

constexpr char32_t highest = first_bad_byte + 0xFF;
constexpr auto unlimited = pattern_node::unlimited;

pattern_node make_step(step_kind what, char32_t value = 0) {
  pattern_node result;
  result.what = pattern_node::kind::step;
  result.step = {what, value, 0, 0};
  return result;
}

using ranges = std::vector<std::pair<char32_t, char32_t>>;

ranges complement(ranges from) {
  std::ranges::sort(from);
  ranges result;
  char32_t next = 0;
  for (const auto& [low, high] : from) {
    if (low > next)
      result.emplace_back(next, low - 1);
    next = std::max<char32_t>(next, high + 1);
  }
  if (next <= highest)
    result.emplace_back(next, highest);
  return result;
}

/// The set that an escape such as \d names; empty for other letters.
ranges named_set(char32_t letter) {
  switch (letter) {
  case 'd': return {{'0', '9'}};
  case 'w': return {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
  case 's': return {{'\t', '\r'}, {' ', ' '}};
  case 'D':
  case 'W':
  case 'S': return complement(named_set(letter + ('a' - 'A')));
  default: return {};
  }
}

class parser {
public:
  parser(std::string_view text, pattern_program& program) : text_(text), program_(program) {}

  std::variant<pattern_node, pattern_error> run() {
    read_flags();
    auto result = choice();
    if (!error_ && !at_end())
      fail("unmatched )");
    if (error_)
      return *error_;
    return result;
  }

private:
  bool at_end() const { return at_ >= text_.size(); }
  bool looking_at(std::string_view word) const { return text_.substr(at_).starts_with(word); }

  bool take(std::string_view word) {
    if (!looking_at(word))
      return false;
    at_ += word.size();
    return true;
  }

  char32_t next() {
    const auto x = decode_utf8(text_, at_);
    at_ += x.bytes;
    return x.value;
  }

  pattern_node fail(std::string_view message) {
    if (!error_)
      error_ = pattern_error{std::min(at_, text_.size()), std::string{message}};
    at_ = text_.size();
    return {};
  }

  void read_flags() {
    const auto close = text_.find(')');
    if (!looking_at("(?") || looking_at("(?:") || close == std::string_view::npos)
      return;
    for (at_ = 2; at_ < close; ++at_) {
      switch (text_[at_]) {
      case 'i': program_.ignores_case = true; break;
      case 's': dot_ = step_kind::any_at_all; break;
      case 'm':
        begin_ = step_kind::line_begin;
        end_ = step_kind::line_end;
        break;
      default: fail("unknown flag; known are i, s and m, and look-around is not supported"); return;
      }
    }
    at_ = close + 1;
  }

  pattern_node choice() {
    if (++nesting_ > pattern::max_nesting)
      return fail("nested too deep");
    pattern_node result;
    result.what = pattern_node::kind::choice;
    do
      result.children.push_back(sequence());
    while (take("|"));
    --nesting_;
    if (result.children.size() == 1)
      return std::move(result.children.front());
    return result;
  }

  pattern_node sequence() {
    pattern_node result;
    result.what = pattern_node::kind::sequence;
    while (!at_end() && !looking_at("|") && !looking_at(")")) {
      auto part = atom();
      if (!at_end())
        part = repeated(std::move(part));
      result.children.push_back(std::move(part));
    }
    return result;
  }

  pattern_node atom() {
    if (take("("))
      return group();
    if (take("["))
      return bracket();
    if (take("."))
      return make_step(dot_);
    if (take("^"))
      return make_step(begin_);
    if (take("$"))
      return make_step(end_);
    if (take("\\"))
      return escape();
    if (looking_at("*") || looking_at("+") || looking_at("?") || looking_at("{"))
      return fail("nothing to repeat");
    return make_step(step_kind::code_point, next());
  }

  pattern_node group() {
    pattern_node result;
    result.what = pattern_node::kind::group;
    if (!take("?:")) {
      if (looking_at("?"))
        return fail("only (?: is supported here; flags stand at the front of the pattern");
      if (program_.groups == pattern::max_groups)
        return fail("too many groups");
      result.number = static_cast<std::uint32_t>(++program_.groups);
    }
    result.children.push_back(choice());
    if (!error_ && !take(")"))
      return fail("missing )");
    return result;
  }

  pattern_node set_node(pattern_set set) {
    pattern_node result;
    result.what = pattern_node::kind::set;
    result.number = static_cast<std::uint32_t>(program_.sets.size());
    program_.sets.push_back(std::move(set));
    return result;
  }

  pattern_node escape() {
    if (at_end())
      return fail("a backslash at the end");
    if (take("b"))
      return make_step(step_kind::word_edge);
    if (take("B"))
      return make_step(step_kind::no_word_edge);
    if (auto set = named_set(decode_utf8(text_, at_).value); !set.empty()) {
      next();
      return set_node({std::move(set), false});
    }
    return make_step(step_kind::code_point, escaped_character());
  }

  // After the backslash.
  char32_t escaped_character() {
    const auto letter = next();
    switch (letter) {
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'x': return hexadecimal();
    default: break;
    }
    const bool is_word = letter == '_' || (letter < 0x80 && std::isalnum(static_cast<int>(letter)));
    if (is_word)
      fail("unknown escape");
    return letter;
  }

  char32_t hexadecimal() {
    std::uint32_t value = 0;
    const auto digits = text_.substr(at_, 2);
    const auto end = digits.data() + digits.size();
    const auto [stop, problem] = std::from_chars(digits.data(), end, value, 16);
    if (digits.size() != 2 || problem != std::errc{} || stop != end)
      fail("\\x needs two hexadecimal digits");
    at_ = std::min(at_ + 2, text_.size());
    return value;
  }

  pattern_node bracket() {
    pattern_set set;
    set.negated = take("^");
    for (bool first = true; first || !looking_at("]"); first = false) {
      if (at_end())
        return fail("missing ]");
      if (!set_member(set.ranges))
        return {};
    }
    take("]");
    return set_node(std::move(set));
  }

  bool set_member(ranges& out) {
    if (looking_at("\\") && at_ + 1 < text_.size()) {
      const auto named = named_set(decode_utf8(text_, at_ + 1).value);
      if (!named.empty()) {
        at_ += 2;
        out.insert(out.end(), named.begin(), named.end());
        return true;
      }
    }
    const auto low = set_character();
    auto high = low;
    if (looking_at("-") && !looking_at("-]") && take("-"))
      high = set_character();
    if (high < low)
      fail("a range that ends before it begins");
    out.emplace_back(low, high);
    return !error_;
  }

  char32_t set_character() {
    if (take("\\") && !at_end())
      return take("b") ? '\b' : escaped_character();
    if (at_end()) {
      fail("missing ]");
      return 0;
    }
    return next();
  }

  pattern_node repeated(pattern_node what) {
    pattern_node result;
    result.what = pattern_node::kind::repeat;
    if (take("{")) {
      counts(result);
    } else if (looking_at("*") || looking_at("+") || looking_at("?")) {
      const auto sign = next();
      result.least = sign == '+' ? 1 : 0;
      result.most = sign == '?' ? 1 : unlimited;
    } else {
      return what;
    }
    result.greedy = !take("?");
    if (looking_at("*") || looking_at("+") || looking_at("?") || looking_at("{"))
      return fail("a repetition of a repetition; use a group");
    result.children.push_back(std::move(what));
    return result;
  }

  void counts(pattern_node& result) {
    const auto least = number();
    auto most = least;
    if (take(","))
      most = looking_at("}") ? std::optional{unlimited} : number();
    if (!least || !most || !take("}"))
      fail("a repetition is {n}, {n,} or {n,m}");
    else if (*most < *least)
      fail("a repetition whose maximum is below its minimum");
    else if (*least > pattern::max_repetitions ||
             (*most != unlimited && *most > pattern::max_repetitions))
      fail("too many repetitions; at most 1000");
    if (error_)
      return;
    result.least = *least;
    result.most = *most;
  }

  std::optional<std::uint32_t> number() {
    std::uint32_t value = 0;
    const auto rest = text_.substr(at_);
    const auto [stop, problem] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
    if (problem != std::errc{})
      return std::nullopt;
    at_ += static_cast<std::size_t>(stop - rest.data());
    return value;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t nesting_ = 0;
  pattern_program& program_;
  step_kind dot_ = step_kind::any;
  step_kind begin_ = step_kind::text_begin;
  step_kind end_ = step_kind::text_end;
  std::optional<pattern_error> error_;
};

} // namespace

std::variant<pattern_node, pattern_error> parse_pattern(std::string_view text,
                                                        pattern_program& program) {
  return parser{text, program}.run();
}

} // namespace troupe::sim
