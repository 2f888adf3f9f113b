#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

/// Fresh folders for tasks. Everything here blocks.
namespace troupe::run {

/// `OUT/workspaces/ID/attempt-N`: each attempt has its own, so that none hides what another did.
std::filesystem::path workspace_path(const std::filesystem::path& out, std::string_view task_id,
                                     std::uint32_t attempt);

/// Makes `target` a new folder with the content of `template_folder`, links and modes included, or
/// an empty one. What an attempt that was killed left there is removed. Returns what went wrong.
std::optional<std::string>
prepare_workspace(const std::filesystem::path& target,
                  const std::optional<std::filesystem::path>& template_folder);

/// Is `inner` the folder `outer` or below it? A template that holds the results folder would be
/// copied into itself.
bool is_within(const std::filesystem::path& inner, const std::filesystem::path& outer);

} // namespace troupe::run
