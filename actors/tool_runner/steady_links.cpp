#include "actors/tool_runner/steady_links.hpp"

#include "actors/tool_runner/path_text.hpp"

#include <algorithm>

namespace troupe::tool_runner {

namespace {

/// As many as the kernel follows.
constexpr int max_hops = 40;

/// The outermost of the path's folders, or itself, that is a link; empty: none.
std::string first_link(const std::string& path, const path_view& files) {
  for (auto end = path.find('/', 1);; end = path.find('/', end + 1)) {
    auto part = path.substr(0, end);
    if (files.is_link(part))
      return part;
    if (end == path.npos)
      return {};
  }
}

/// Can nobody rename a folder above it? Above `top` that does not matter.
bool has_steady_way(const std::string& path, std::string_view top, const sandbox_plan& plan) {
  for (auto folder = absolute_path(path, "..");; folder = absolute_path(folder, "..")) {
    if (is_writable_place(plan, folder) && mount_at(plan, folder)->path != folder)
      return false;
    if (folder == "/" || folder == top)
      return true;
  }
}

} // namespace

std::optional<std::string> steady_target(const std::string& path, const sandbox_plan& plan,
                                         const path_view& files) {
  auto at = path;
  auto top =
    absolute_path(path, ".."); // what moves with it, as long as nothing is said from `/` on
  for (int hops = 0; hops <= max_hops; ++hops) {
    const auto link = first_link(at, files);
    if (!has_steady_way(link.empty() ? at : link, top, plan))
      return std::nullopt;
    if (!link.empty()) {
      // What a command can replace is no link to go by; the first one is put back.
      if (link != path && is_writable_place(plan, link))
        return std::nullopt;
      const auto text = files.link_text(link);
      if (text.starts_with('/'))
        top = "/";
      at = absolute_path(absolute_path(absolute_path(link, ".."), text),
                         at.size() > link.size() ? at.substr(link.size() + 1) : ".");
      continue;
    }
    const auto holds_root =
      std::ranges::any_of(plan.roots, [&](const auto& root) { return is_inside(root.path, at); });
    // ".." behind a link means another folder than the text says.
    const auto is_there = files.kind(at) != path_kind::missing;
    if (holds_root || (is_there && files.resolved(path) != at))
      return std::nullopt;
    return at;
  }
  return std::nullopt;
}

bool is_writable_place(const sandbox_plan& plan, std::string_view path) {
  const auto* mount = mount_at(plan, path);
  return mount != nullptr && mount->kind == mount_kind::writable && mount->source.empty();
}

} // namespace troupe::tool_runner
