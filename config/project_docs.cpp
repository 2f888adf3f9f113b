#include "config/project_docs.hpp"

#include "config/contained_file.hpp"
#include "config/project.hpp"
#include "config/text_decoding.hpp"
#include "config/text_file.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

namespace troupe::config {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view override_name = "AGENTS.override.md";
constexpr std::string_view default_name = "AGENTS.md";
constexpr std::string_view separator = "\n\n--- project-doc ---\n\n";
/// The contract sets no bound for the home's document; this one is far above any that people write.
constexpr std::size_t max_home_doc_bytes = 1024 * 1024;

// Each byte that does not belong to a well-formed sequence becomes U+FFFD, also the head of a
// sequence that the byte limit has cut.
std::string with_valid_utf8(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const auto lead = static_cast<unsigned char>(text.front());
    const std::size_t length = lead < 0x80                   ? 1
                               : lead >= 0xc2 && lead < 0xe0 ? 2
                               : (lead & 0xf0) == 0xe0       ? 3
                               : lead >= 0xf0 && lead < 0xf5 ? 4
                                                             : 0;
    auto valid = length > 0 && length <= text.size();
    for (std::size_t i = 1; valid && i < length; ++i)
      valid = (static_cast<unsigned char>(text[i]) & 0xc0) == 0x80;
    if (valid && length > 2) {
      const auto second = static_cast<unsigned char>(text[1]);
      valid = !(lead == 0xe0 && second < 0xa0) && !(lead == 0xed && second >= 0xa0) &&
              !(lead == 0xf0 && second < 0x90) && !(lead == 0xf4 && second >= 0x90);
    }
    result += valid ? text.substr(0, length) : std::string_view{"\xef\xbf\xbd"};
    text.remove_prefix(valid ? length : 1);
  }
  return result;
}

/// As UTF-8 whatever it was, without a byte order mark: instructions must not be lost for a few
/// wrong bytes.
std::string readable(std::string_view content) {
  auto text = decode_text(content);
  if (auto* good = std::get_if<std::string>(&text))
    return std::move(*good);
  return with_valid_utf8(without_mark(content));
}

std::optional<std::string> home_document(const fs::path& home) {
  for (const auto name : {override_name, default_name}) {
    const auto text = read_file_prefix(home / name, max_home_doc_bytes);
    if (const auto* content = std::get_if<std::string>(&text))
      if (auto body = std::string{trimmed(readable(*content))}; !body.empty())
        return body;
  }
  return std::nullopt;
}

std::vector<std::string> candidate_names(const project_doc_settings& settings) {
  std::vector<std::string> names{std::string{override_name}, std::string{default_name}};
  for (const auto& name : settings.fallback_filenames)
    if (!trimmed(name).empty() && std::ranges::find(names, name) == names.end())
      names.push_back(name);
  return names;
}

std::optional<fs::path> document_of(const fs::path& directory,
                                    const std::vector<std::string>& names) {
  for (const auto& name : names) {
    std::error_code error;
    const auto type = fs::symlink_status(directory / name, error).type();
    if (type == fs::file_type::regular || type == fs::file_type::symlink)
      return directory / name;
  }
  return std::nullopt;
}

/// Of a project, which is the outermost folder with documents.
class project_reader {
public:
  project_reader(const config& settings, const fs::path& cwd)
    : settings_(settings.project_docs), cwd_(cwd),
      root_(project_root(cwd, settings.project_docs.root_markers)),
      // Who runs as somebody else may read less than this program does.
      links_(settings.sandbox.uid ? link_rule::none : link_rule::inside),
      kept_(settings.sandbox.hidden) {
    kept_.push_back(settings.home);
  }

  std::string text() {
    const auto names = candidate_names(settings_);
    auto budget = settings_.max_bytes;
    std::string result;
    for (const auto& directory : directories_between(root_, cwd_)) {
      if (budget == 0)
        break;
      const auto file = document_of(directory, names);
      if (!file)
        continue;
      const auto content = read(*file, budget);
      if (!content)
        return {}; // one that cannot be read makes all count as absent
      budget -= content->size();
      const auto document = readable(*content);
      if (trimmed(document).empty())
        continue;
      result += result.empty() ? "" : "\n\n";
      result += document;
    }
    return result;
  }

  std::vector<std::string> warnings;

private:
  std::optional<std::string> read(const fs::path& file, std::size_t max_bytes) {
    auto text =
      read_contained_prefix(root_, file.lexically_relative(root_), max_bytes, kept_, links_);
    if (auto* content = std::get_if<std::string>(&text))
      return std::move(*content);
    if (std::get<std::error_code>(text) == std::errc::operation_not_permitted)
      warnings.push_back(fmt::format(
        "{} is a link that leads out of the project, or to what is kept from tools: no document of "
        "the project is read. Put a copy there, or a relative link to a file of the project",
        file.string()));
    return std::nullopt;
  }

  const project_doc_settings& settings_;
  const fs::path& cwd_;
  fs::path root_;
  link_rule links_;
  std::vector<fs::path> kept_;
};

} // namespace

instructions user_instructions(const config& settings, const fs::path& cwd) {
  project_reader project{settings, cwd};
  instructions result{.text = home_document(settings.home).value_or(""), .warnings = {}};
  const auto text = project.text();
  if (!result.text.empty() && !text.empty())
    result.text += separator;
  result.text += text;
  result.warnings = std::move(project.warnings);
  return result;
}

} // namespace troupe::config
