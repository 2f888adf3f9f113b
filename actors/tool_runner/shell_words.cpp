#include "actors/tool_runner/shell_words.hpp"

#include "actors/tool_runner/path_text.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace troupe::tool_runner {

namespace {

constexpr bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

bool needs_no_quotes(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
         std::string_view{"+-./:@]_"}.find(c) != std::string_view::npos;
}

std::string shell_quoted(std::string_view word) {
  if (!word.empty() && std::all_of(word.begin(), word.end(), needs_no_quotes))
    return std::string{word};
  const auto has_apostrophe = word.find('\'') != std::string_view::npos;
  if (has_apostrophe && word.find_first_of("\"$`\\!") == std::string_view::npos)
    return '"' + std::string{word} + '"';
  std::string result = "'";
  for (const auto c : word)
    result += c == '\'' ? std::string{R"('\'')"} : std::string(1, c);
  return result + "'";
}

/// Words that make a command something else than a plain one when they come first.
constexpr auto reserved_words = std::to_array<std::string_view>(
  {"!",       "[",     "[[",     "]]",       "{",        "}",       "if",     "then",
   "elif",    "else",  "fi",     "for",      "while",    "until",   "do",     "done",
   "case",    "esac",  "in",     "select",   "function", "time",    "coproc", "declare",
   "typeset", "local", "export", "readonly", "unset",    "unsetenv"});

bool is_assignment(std::string_view word) {
  const auto is_name_part = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
  };
  std::size_t end = 0;
  while (end < word.size() && is_name_part(word[end]))
    ++end;
  if (end == 0)
    return false;
  if (end < word.size() && word[end] == '[')
    end = std::min(word.find(']', end), word.size() - 1) + 1;
  if (end < word.size() && word[end] == '+')
    ++end;
  return end < word.size() && word[end] == '=';
}

/// Reads a script; any doubt ends in "not plain".
class script_reader {
public:
  explicit script_reader(std::string_view script) : rest_(script) {}

  std::optional<std::vector<simple_command>> read() {
    std::vector<simple_command> result;
    skip_blanks_and_newlines();
    while (!rest_.empty()) {
      auto command = read_command();
      if (!command)
        return std::nullopt;
      result.push_back(std::move(*command));
      if (!skip_connector())
        return std::nullopt;
    }
    return result;
  }

private:
  struct word {
    std::string text;
    bool is_bare = true;
  };

  bool take(std::string_view token) {
    if (!rest_.starts_with(token))
      return false;
    rest_.remove_prefix(token.size());
    return true;
  }

  void skip_blanks() {
    while (take(" ") || take("\t") || take("\\\n")) {
    }
  }

  void skip_blanks_and_newlines() {
    do
      skip_blanks();
    while (take("\n"));
  }

  /// False when the script goes on in a way that is not plain. A `;` or newline may also end it.
  bool skip_connector() {
    skip_blanks();
    if (rest_.empty())
      return true;
    if (rest_.starts_with("|&"))
      return false;
    const auto needs_more = take("&&") || take("||") || take("|");
    if (!needs_more && !take(";") && !take("\n"))
      return false;
    skip_blanks_and_newlines();
    return !needs_more || !rest_.empty();
  }

  std::optional<simple_command> read_command() {
    simple_command result;
    fidelity_ = word_fidelity::exact;
    while (!at_end_of_command()) {
      auto next = read_word();
      if (!next)
        return std::nullopt;
      if (result.words.empty() && !may_be_command_name(*next))
        return std::nullopt;
      result.words.push_back(std::move(next->text));
      skip_blanks();
    }
    if (result.words.empty())
      return std::nullopt;
    result.fidelity = fidelity_;
    return result;
  }

  bool at_end_of_command() const {
    return rest_.empty() || std::string_view{"\n;|&"}.find(rest_.front()) != std::string_view::npos;
  }

  static bool may_be_command_name(const word& x) {
    return x.is_bare && !is_assignment(x.text) &&
           std::find(reserved_words.begin(), reserved_words.end(), x.text) == reserved_words.end();
  }

  std::optional<word> read_word() {
    word result;
    if (rest_.front() == '#')
      return std::nullopt;
    while (!at_end_of_command() && !is_blank(rest_.front())) {
      if (take("\\\n"))
        continue;
      const auto is_quoted = rest_.front() == '\'' || rest_.front() == '"';
      if (is_quoted ? !read_quoted(result) : !read_bare(result))
        return std::nullopt;
    }
    return result;
  }

  bool read_bare(word& to) {
    const auto c = rest_.front();
    if (std::string_view{"<>()$`\r\0", 8}.find(c) != std::string_view::npos)
      return false;
    if (c == '\\' || c == '{')
      fidelity_ = word_fidelity::approximate;
    const std::size_t size = c == '\\' ? 2 : 1;
    if (rest_.size() < size)
      return false;
    to.text.append(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return true;
  }

  bool read_quoted(word& to) {
    to.is_bare = false;
    const auto quote = rest_.front();
    rest_.remove_prefix(1);
    while (!rest_.empty() && rest_.front() != quote) {
      const auto c = rest_.front();
      const auto escapes = quote == '"' && c == '\\';
      if (c == '\0' || (quote == '"' && (c == '$' || c == '`')) || (escapes && rest_.size() < 2))
        return false;
      if (escapes)
        fidelity_ = word_fidelity::approximate;
      const std::size_t size = escapes ? 2 : 1;
      to.text.append(rest_.substr(0, size));
      rest_.remove_prefix(size);
    }
    return take(std::string_view{&quote, 1});
  }

  std::string_view rest_;
  word_fidelity fidelity_ = word_fidelity::exact;
};

} // namespace

std::string shell_joined(std::span<const std::string> words) {
  std::string result;
  for (const auto& word : words) {
    if (!result.empty())
      result += ' ';
    result += shell_quoted(word);
  }
  return result;
}

std::optional<std::string_view> shell_script(std::span<const std::string> argv) {
  if (argv.size() != 3 || (argv[1] != "-lc" && argv[1] != "-c"))
    return std::nullopt;
  const auto shell = file_name(argv[0]);
  if (shell != "bash" && shell != "zsh" && shell != "sh")
    return std::nullopt;
  return argv[2];
}

std::optional<std::vector<simple_command>> plain_commands(std::string_view script) {
  return script_reader{script}.read();
}

std::vector<simple_command> judged_commands(const argument_list& argv) {
  if (const auto script = shell_script(argv))
    if (auto commands = plain_commands(*script); commands && !commands->empty())
      return std::move(*commands);
  return {{argv, word_fidelity::exact}};
}

} // namespace troupe::tool_runner
