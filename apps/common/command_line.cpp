#include "apps/common/command_line.hpp"

#include "apps/common/exit_codes.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp> // defines what App.hpp only declares
#include <CLI/Formatter.hpp>
#include <fmt/format.h>
#include <memory>
#include <sstream>

namespace troupe::common {

namespace {

std::string first_sentence(const std::string& text) {
  return text.substr(0, std::min(text.find(". "), text.find('\n')));
}

class wrapping_formatter final : public CLI::Formatter {
public:
  std::string make_option_desc(const CLI::Option* option) const override {
    return wrapped(option->get_description(), help_width - get_column_width());
  }

  std::string make_subcommand(const CLI::App* sub) const override {
    std::ostringstream out;
    CLI::detail::format_help(out, sub->get_display_name(true),
                             first_sentence(sub->get_description()), get_column_width());
    return out.str();
  }

  std::string make_description(const CLI::App* app) const override {
    return CLI::Formatter::make_description(app) + '\n';
  }
};

/// The subcommand that was reached, with its whole name.
std::pair<const CLI::App*, std::string> innermost(const CLI::App& root) {
  const auto* app = &root;
  auto name = root.get_name();
  while (!app->get_subcommands().empty()) {
    app = app->get_subcommands().front();
    name += ' ' + app->get_name();
  }
  return {app, name};
}

/// CLI11 says of a word that is no subcommand only that a subcommand is missing.
std::string problem_text(const CLI::App& root, const CLI::ParseError& error) {
  const auto left = root.remaining();
  if (root.get_subcommands().empty() && !left.empty())
    return fmt::format("unrecognized subcommand '{}'", left.front());
  return error.what();
}

} // namespace

void use_help_format(CLI::App& root) {
  root.formatter(std::make_shared<wrapping_formatter>());
}

std::string wrapped(std::string_view text, std::size_t width) {
  std::string out;
  std::size_t column = 0;
  while (!text.empty()) {
    const auto blank = text.find(' ');
    const auto word = text.substr(0, blank);
    if (column > 0 && column + 1 + word.size() > width) {
      out += '\n';
      column = 0;
    } else if (column > 0) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
    text.remove_prefix(blank == std::string_view::npos ? text.size() : blank + 1);
  }
  return out;
}

parse_report report_parse(const CLI::App& root, const CLI::ParseError& error) {
  if (error.get_exit_code() == 0) { // --help and --version
    std::ostringstream out, unused;
    root.exit(error, out, unused);
    return {out.str(), {}, exit_ok};
  }
  const auto [app, name] = innermost(root);
  const CLI::Formatter format;
  return {{},
          fmt::format("error: {}\n\n{}\nFor more information, try '{} --help'.\n",
                      problem_text(root, error), format.make_usage(app, name), name),
          exit_usage};
}

} // namespace troupe::common
