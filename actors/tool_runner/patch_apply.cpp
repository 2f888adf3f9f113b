#include "actors/tool_runner/patch_apply.hpp"

#include "actors/tool_runner/file_view.hpp"
#include "actors/tool_runner/file_writer.hpp"
#include "actors/tool_runner/patch_update.hpp"
#include "actors/tool_runner/path_text.hpp"
#include "actors/tool_runner/utf8_text.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <cerrno>
#include <climits>
#include <optional>
#include <system_error>
#include <variant>

namespace troupe::tool_runner {

namespace {

/// A step that failed, as a line for standard error.
using failure = std::optional<std::string>;

template <class... Parts>
failure failed(const std::error_code& reason, fmt::format_string<Parts...> step, Parts&&... parts) {
  return fmt::format("{}: {}", fmt::format(step, std::forward<Parts>(parts)...), reason.message());
}

class disk_patcher {
public:
  explicit disk_patcher(std::string_view cwd) : cwd_(cwd) {}

  failure operator()(const add_file& x) {
    if (auto problem = write_below_new_parents(x.path, x.content))
      return problem;
    added_.push_back(x.path);
    return std::nullopt;
  }

  failure operator()(const delete_file& x) {
    if (const auto error = remove_file(on_disk(x.path)))
      return failed(error, "Failed to delete file {}", x.path);
    deleted_.push_back(x.path);
    return std::nullopt;
  }

  failure operator()(const update_file& x) {
    const auto file = disk_files{}.read(on_disk(x.path));
    if (const auto* error = std::get_if<std::error_code>(&file))
      return failed(*error, "Failed to read file to update {}", x.path);
    const auto& old_text = std::get<file_snapshot>(file).content;
    if (!is_valid_utf8(old_text))
      return fmt::format("Failed to read file to update {}: the file is not UTF-8 text", x.path);
    const auto updated = updated_text(old_text, x, x.path);
    if (const auto* mismatch = std::get_if<update_mismatch>(&updated))
      return mismatch->message;
    const auto& new_text = std::get<std::string>(updated);
    modified_.push_back(x.move_to.value_or(x.path));
    if (x.move_to)
      return move(x.path, *x.move_to, new_text);
    if (const auto error = write_file(on_disk(x.path), new_text))
      return failed(error, "Failed to write file {}", x.path);
    return std::nullopt;
  }

  std::string summary() const {
    std::string result = "Success. Updated the following files:\n";
    const auto append = [&result](char kind, const std::vector<std::string>& paths) {
      for (const auto& path : paths)
        result += fmt::format("{} {}\n", kind, path);
    };
    append('A', added_);
    append('M', modified_);
    append('D', deleted_);
    return result;
  }

private:
  std::string on_disk(std::string_view path) const { return absolute_path(cwd_, path); }

  failure write_below_new_parents(const std::string& path, std::string_view content) {
    if (const auto error = create_parents(on_disk(path)))
      return failed(error, "Failed to create parent directories for {}", path);
    if (const auto error = write_file(on_disk(path), content))
      return failed(error, "Failed to write file {}", path);
    return std::nullopt;
  }

  failure move(const std::string& from, const std::string& to, std::string_view content) {
    if (auto problem = write_below_new_parents(to, content))
      return problem;
    // A file moved onto itself, under another name perhaps, is only updated.
    if (is_same_file(on_disk(from), on_disk(to)))
      return std::nullopt;
    copy_permissions(on_disk(from), on_disk(to));
    if (const auto error = remove_file(on_disk(from)))
      return failed(error, "Failed to remove original {}", from);
    return std::nullopt;
  }

  std::string_view cwd_;
  std::vector<std::string> added_;
  std::vector<std::string> modified_;
  std::vector<std::string> deleted_;
};

program_outcome failure_outcome(std::string line) {
  return {.exit_code = 1, .standard_output = {}, .standard_error = std::move(line) + "\n"};
}

program_outcome usage_outcome() {
  return {.exit_code = 2,
          .standard_output = {},
          .standard_error = "usage: apply_patch PATCH\n       apply_patch < FILE\n"};
}

std::string working_directory() {
  char path[PATH_MAX];
  return ::getcwd(path, sizeof path) != nullptr ? path : ".";
}

/// None when it cannot be read or is too large.
std::optional<std::string> read_standard_input() {
  std::string result;
  char block[16 * 1024];
  for (;;) {
    const auto count = ::read(STDIN_FILENO, block, sizeof block);
    if (count == 0)
      return result;
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0 || result.size() > max_patch_bytes)
      return std::nullopt;
    result.append(block, static_cast<std::size_t>(count));
  }
}

void print(int fd, std::string_view text) {
  while (!text.empty()) {
    const auto count = ::write(fd, text.data(), text.size());
    if (count < 0 && errno != EINTR)
      return; // nobody reads; the exit code still tells the outcome
    text.remove_prefix(count < 0 ? 0 : static_cast<std::size_t>(count));
  }
}

program_outcome outcome_of(std::span<const std::string> arguments) {
  if (arguments.size() > 1)
    return usage_outcome();
  const auto text = arguments.empty() ? read_standard_input() : std::optional{arguments.front()};
  if (!text || text->empty())
    return usage_outcome();
  return apply_patch_text(*text, working_directory());
}

} // namespace

program_outcome apply_patch_text(std::string_view text, std::string_view cwd) {
  const auto parsed = parse_patch(text);
  if (const auto* error = std::get_if<patch_syntax_error>(&parsed)) {
    if (error->line)
      return failure_outcome(
        fmt::format("Invalid patch hunk on line {}: {}", *error->line, error->message));
    return failure_outcome(fmt::format("Invalid patch: {}", error->message));
  }
  const auto& hunks = std::get<patch>(parsed).hunks;
  if (hunks.empty())
    return failure_outcome("No files were modified.");
  disk_patcher patcher{cwd};
  for (const auto& hunk : hunks)
    if (auto problem = std::visit(patcher, hunk))
      return failure_outcome(std::move(*problem));
  return {.exit_code = 0, .standard_output = patcher.summary(), .standard_error = {}};
}

int run_apply_patch(std::span<const std::string> arguments) {
  const auto outcome = outcome_of(arguments);
  print(STDOUT_FILENO, outcome.standard_output);
  print(STDERR_FILENO, outcome.standard_error);
  return outcome.exit_code;
}

} // namespace troupe::tool_runner
