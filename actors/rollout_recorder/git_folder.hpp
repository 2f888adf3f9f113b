#pragma once

#include "actors/rollout_recorder/meta_codec.hpp"

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

/// The git facts of contract rollouts.md 3.1, read from the repository's own files: the reference
/// runs git three times for every new thread, which costs more than all else of a start.
/// Not seen: `url.*.insteadOf` rewriting, included configuration files, the reftable format (no
/// commit and branch then), and what the GIT_ environment variables change.
namespace troupe::rollout_recorder {

/// The text of a file; none when there is no such regular file or it is too large to be read here.
using text_source = std::function<std::optional<std::string>(const std::filesystem::path&)>;

/// `read_small_file` of store_files.hpp is the usual `read`. None when neither `cwd` nor a folder
/// above it is a working tree or a bare repository. Inside one the facts may all be missing.
std::optional<git_facts> read_git_facts(const std::filesystem::path& cwd, const text_source& read);

/// What a provider is told of a working tree.
struct git_workspace {
  std::filesystem::path root;
  std::optional<std::string> commit_hash;
  std::map<std::string, std::string> remote_urls; ///< by name, without user and password
};

/// None when neither `cwd` nor a folder above it is a working tree.
std::optional<git_workspace> read_git_workspace(const std::filesystem::path& cwd,
                                                const text_source& read);

/// The object id of `name` ("refs/heads/main") in the text of a packed-refs file.
std::optional<std::string> find_packed_ref(std::string_view text, std::string_view name);

/// The first `url` of section `[remote "origin"]` in the text of a git configuration file.
std::optional<std::string> find_origin_url(std::string_view text);

/// The first `url` of each section `[remote "..."]`, by name.
std::map<std::string, std::string> find_remote_urls(std::string_view text);

} // namespace troupe::rollout_recorder
