#include "actors/tool_runner/patch_preview.hpp"

#include "actors/tool_runner/line_diff.hpp"
#include "actors/tool_runner/patch_update.hpp"
#include "actors/tool_runner/path_text.hpp"
#include "actors/tool_runner/utf8_text.hpp"

#include <fmt/format.h>

#include <map>
#include <optional>
#include <utility>

namespace troupe::tool_runner {

namespace {

/// Applies hunks to a layer above the files and notes what they change.
class previewer {
public:
  previewer(std::string_view cwd, const file_view& files, std::size_t max_bytes)
    : cwd_(cwd), files_(files), max_bytes_(max_bytes) {}

  std::optional<patch_refusal> operator()(const add_file& x) {
    const auto path = absolute_path(cwd_, x.path);
    layer_[path] = x.content;
    changes_[path] = {.kind = change_kind::add, .text = x.content, .move_path = {}};
    return std::nullopt;
  }

  std::optional<patch_refusal> operator()(const delete_file& x) {
    const auto path = absolute_path(cwd_, x.path);
    auto old_text = read(path);
    if (const auto* error = std::get_if<std::error_code>(&old_text))
      return patch_refusal{fmt::format("Failed to read {}: {}", path, error->message())};
    layer_[path] = std::nullopt;
    changes_[path] = {.kind = change_kind::remove,
                      .text = replace_invalid_utf8(std::get<std::string>(old_text)),
                      .move_path = {}};
    return std::nullopt;
  }

  std::optional<patch_refusal> operator()(const update_file& x) {
    const auto path = absolute_path(cwd_, x.path);
    const auto old_text = read(path);
    if (const auto* error = std::get_if<std::error_code>(&old_text))
      return unreadable(path, error->message());
    const auto& text = std::get<std::string>(old_text);
    if (!is_valid_utf8(text))
      return unreadable(path, "the file is not UTF-8 text");
    auto updated = updated_text(text, x, path);
    if (auto* mismatch = std::get_if<update_mismatch>(&updated))
      return patch_refusal{std::move(mismatch->message)};
    note_update(path, text, std::get<std::string>(updated));
    auto destination = path;
    if (x.move_to) {
      destination = absolute_path(cwd_, *x.move_to);
      changes_[path].move_path = destination;
      layer_[path] = std::nullopt;
    }
    layer_[destination] = std::get<std::string>(std::move(updated));
    return std::nullopt;
  }

  file_changes take_changes() { return std::move(changes_); }

private:
  static patch_refusal unreadable(const std::string& path, std::string_view reason) {
    return {fmt::format("Failed to read file to update {}: {}", path, reason)};
  }

  std::variant<std::string, std::error_code> read(const std::string& path) {
    auto result = read_layered(path);
    if (const auto* text = std::get_if<std::string>(&result)) {
      bytes_read_ += text->size();
      if (bytes_read_ > max_bytes_)
        return std::make_error_code(std::errc::file_too_large);
    }
    return result;
  }

  std::variant<std::string, std::error_code> read_layered(const std::string& path) const {
    if (const auto i = layer_.find(path); i != layer_.end()) {
      if (!i->second)
        return std::make_error_code(std::errc::no_such_file_or_directory);
      return *i->second;
    }
    auto result = files_.read(path);
    if (const auto* error = std::get_if<std::error_code>(&result))
      return *error;
    return std::get<file_snapshot>(std::move(result)).content;
  }

  /// A file that the patch has added stays an addition; one that it has updated before is compared
  /// with what it was before the patch.
  void note_update(const std::string& path, const std::string& old_text,
                   const std::string& new_text) {
    const auto before = changes_.find(path);
    if (before != changes_.end() && before->second.kind == change_kind::add) {
      before->second.text = new_text;
      return;
    }
    const auto& first_text = first_texts_.try_emplace(path, old_text).first->second;
    changes_[path] = {.kind = change_kind::update,
                      .text = unified_hunks(first_text, new_text, event_diff_context),
                      .move_path = {}};
  }

  std::string_view cwd_;
  const file_view& files_;
  std::size_t max_bytes_;
  std::map<std::string, std::optional<std::string>> layer_; ///< none: removed
  std::map<std::string, std::string> first_texts_;
  file_changes changes_;
  std::size_t bytes_read_ = 0;
};

} // namespace

std::variant<file_changes, patch_refusal>
preview_patch(const patch& x, std::string_view cwd, const file_view& files, std::size_t max_bytes) {
  previewer preview{cwd, files, max_bytes};
  for (const auto& hunk : x.hunks)
    if (auto refusal = std::visit(preview, hunk))
      return std::move(*refusal);
  return preview.take_changes();
}

std::vector<std::string> touched_paths(const file_changes& changes) {
  std::vector<std::string> result;
  for (const auto& [path, change] : changes) {
    result.push_back(path);
    if (!change.move_path.empty())
      result.push_back(change.move_path);
  }
  return result;
}

} // namespace troupe::tool_runner
