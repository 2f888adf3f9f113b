#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace CLI {
class App;
class ParseError;
} // namespace CLI

/// What all subcommands share of reading a command line.
namespace troupe::common {

/// Columns of a help page.
inline constexpr std::size_t help_width = 100;

/// Help pages whose texts are wrapped; a subcommand is listed with the first sentence of its
/// description. Call it before subcommands are added: they inherit it.
void use_help_format(CLI::App& root);

/// Breaks lines at blanks so that none is longer than `width`, unless a word is.
std::string wrapped(std::string_view text, std::size_t width);

/// What to print when a parse ended early, and the exit code that goes with it: a help page or the
/// version on stdout with 0, else the problem and the usage on stderr with `exit_usage`.
struct parse_report {
  std::string standard_output;
  std::string standard_error;
  int exit_code = 0;
};

parse_report report_parse(const CLI::App& root, const CLI::ParseError& error);

} // namespace troupe::common
