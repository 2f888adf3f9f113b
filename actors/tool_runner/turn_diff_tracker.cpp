#include "actors/tool_runner/turn_diff_tracker.hpp"

#include "actors/tool_runner/line_diff.hpp"
#include "actors/tool_runner/path_text.hpp"
#include "actors/tool_runner/utf8_text.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <filesystem>
#include <iterator>
#include <set>

namespace troupe::tool_runner {

namespace {

constexpr std::string_view no_blob_id = "0000000000000000000000000000000000000000";

std::string_view mode_text(file_mode mode) {
  return mode == file_mode::executable ? "100755" : "100644";
}

bool is_text(std::string_view content) {
  return content.find('\0') == std::string_view::npos && is_valid_utf8(content);
}

std::string shown(std::string_view path, std::string_view root) {
  if (path.size() > root.size() && is_inside(path, root))
    path.remove_prefix(root.size());
  while (path.starts_with('/'))
    path.remove_prefix(1);
  return std::string{path};
}

/// What the files noted are now; `unreadable` ones are left out of the diff.
struct current_state {
  std::optional<file_snapshot> file;
  bool unreadable = false;
};

current_state read_now(const std::string& path, const file_view& files) {
  auto result = files.read(path);
  if (auto* file = std::get_if<file_snapshot>(&result))
    return {std::move(*file), false};
  return {std::nullopt, std::get<std::error_code>(result) != std::errc::no_such_file_or_directory};
}

/// One file's section; names are those shown.
std::string section(const std::optional<file_snapshot>& before, const std::string& old_name,
                    const std::optional<file_snapshot>& now, const std::string& new_name) {
  auto result = fmt::format("diff --git a/{} b/{}\n", old_name, new_name);
  const auto out = std::back_inserter(result);
  if (!before)
    fmt::format_to(out, "new file mode {}\n", mode_text(now->mode));
  else if (!now)
    fmt::format_to(out, "deleted file mode {}\n", mode_text(before->mode));
  else if (before->mode != now->mode)
    fmt::format_to(out, "old mode {}\nnew mode {}\n", mode_text(before->mode),
                   mode_text(now->mode));
  if (old_name != new_name)
    fmt::format_to(out, "rename from {}\nrename to {}\n", old_name, new_name);
  const std::string_view old_text = before ? before->content : std::string_view{};
  const std::string_view new_text = now ? now->content : std::string_view{};
  if (before && now && old_text == new_text)
    return result;
  fmt::format_to(out, "index {}..{}\n", before ? git_blob_id(old_text) : no_blob_id,
                 now ? git_blob_id(new_text) : no_blob_id);
  const auto old_header = before ? "a/" + old_name : "/dev/null";
  const auto new_header = now ? "b/" + new_name : "/dev/null";
  if (!is_text(old_text) || !is_text(new_text))
    fmt::format_to(out, "Binary files {} and {} differ\n", old_header, new_header);
  else if (old_text != new_text)
    fmt::format_to(out, "--- {}\n+++ {}\n{}", old_header, new_header,
                   unified_hunks(old_text, new_text, turn_diff_context));
  return result;
}

} // namespace

void turn_diff_tracker::note(const file_changes& changes, const file_view& files) {
  for (const auto& [path, change] : changes) {
    note_file(path, files);
    if (change.move_path.empty())
      continue;
    note_file(change.move_path, files);
    for (auto& [from, to] : moves_)
      if (to == path)
        to = change.move_path;
    moves_[path] = change.move_path;
  }
}

void turn_diff_tracker::note_file(const std::string& path, const file_view& files) {
  if (first_states_.contains(path))
    return;
  auto now = read_now(path, files);
  const auto size = now.file ? now.file->content.size() : 0;
  if (now.unreadable || tracked_bytes_ + size > max_tracked_bytes)
    return;
  tracked_bytes_ += size;
  first_states_.emplace(path, std::move(now.file));
}

std::string turn_diff_tracker::diff(const file_view& files, std::string_view root) const {
  std::set<std::string> shown_as_moved;
  for (const auto& [from, to] : moves_)
    if (was_moved(from, to, files))
      shown_as_moved.insert(to);
  std::string result;
  for (const auto& [path, before] : first_states_) {
    if (shown_as_moved.contains(path))
      continue;
    const auto move = moves_.find(path);
    const auto moved = move != moves_.end() && was_moved(path, move->second, files);
    const auto& new_path = moved ? move->second : path;
    const auto now = read_now(new_path, files);
    if (!now.unreadable && (moved || now.file != before))
      result += section(before, shown(path, root), now.file, shown(new_path, root));
  }
  return result;
}

/// A move over a file that was there is an update of that file and a deletion.
bool turn_diff_tracker::was_moved(const std::string& from, const std::string& to,
                                  const file_view& files) const {
  const auto source = first_states_.find(from);
  const auto target = first_states_.find(to);
  if (source == first_states_.end() || !source->second || target == first_states_.end() ||
      target->second)
    return false;
  const auto source_now = read_now(from, files);
  return !source_now.file && !source_now.unreadable && read_now(to, files).file.has_value();
}

std::string git_blob_id(std::string_view content) {
  auto blob = fmt::format("blob {}", content.size());
  blob.push_back('\0');
  blob.append(content);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (EVP_Digest(blob.data(), blob.size(), digest, &size, EVP_sha1(), nullptr) != 1)
    return std::string{no_blob_id};
  std::string result;
  for (unsigned int i = 0; i < size; ++i)
    result += fmt::format("{:02x}", digest[i]);
  return result;
}

std::string repository_root(const std::string& folder) {
  for (std::filesystem::path at{folder};; at = at.parent_path()) {
    std::error_code ignored;
    if (std::filesystem::exists(at / ".git", ignored))
      return at.string();
    if (at == at.root_path() || at.empty())
      return folder;
  }
}

} // namespace troupe::tool_runner
