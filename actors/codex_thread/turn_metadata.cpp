#include "actors/codex_thread/turn_metadata.hpp"

#include "messages/json/writer.hpp"

namespace troupe::codex_thread {

std::string turn_metadata_json(const std::filesystem::path& cwd,
                               const rollout_recorder::text_source& read) {
  const auto found = rollout_recorder::read_git_workspace(cwd, read);
  if (!found || (found->remote_urls.empty() && !found->commit_hash))
    return {};
  std::string json;
  json_writer out{json};
  out.begin_object().key("workspaces").begin_object();
  out.key(found->root.string()).begin_object();
  if (!found->remote_urls.empty()) {
    out.key("associated_remote_urls").begin_object();
    for (const auto& [name, url] : found->remote_urls)
      out.member(name, url);
    out.end_object();
  }
  if (found->commit_hash)
    out.member("latest_git_commit_hash", *found->commit_hash);
  out.end_object().end_object().end_object();
  return json;
}

} // namespace troupe::codex_thread
