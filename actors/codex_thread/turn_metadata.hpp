#pragma once

#include "actors/rollout_recorder/git_folder.hpp"

#include <filesystem>
#include <string>

namespace troupe::codex_thread {

/// The header `x-codex-turn-metadata` for requests of a thread in `cwd`: root, remotes and commit
/// of its working tree as compact JSON (contract responses-client.md 4.2). Empty when `cwd` is in
/// no working tree, or in one with neither remotes nor commits. Reads a few small files and blocks
/// on them; starts no process.
std::string turn_metadata_json(const std::filesystem::path& cwd,
                               const rollout_recorder::text_source& read);

} // namespace troupe::codex_thread
