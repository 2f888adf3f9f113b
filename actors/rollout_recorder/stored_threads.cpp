#include "actors/rollout_recorder/stored_threads.hpp"

#include "actors/rollout_recorder/listing.hpp"
#include "actors/rollout_recorder/session_folder.hpp"
#include "config/home.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <vector>

namespace troupe::rollout_recorder {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t max_head_bytes = 64UL * 1024 * 1024; // a head full of images is given up

/// Cuts chunks into lines for a head; false when no more are wanted.
bool feed_head(head_reader& head, std::string& open_line, std::string_view chunk) {
  for (auto end = chunk.find('\n'); end != std::string_view::npos; end = chunk.find('\n')) {
    open_line += chunk.substr(0, end);
    chunk.remove_prefix(end + 1);
    head.take(open_line);
    open_line.clear();
    if (!head.wants_more())
      return false;
  }
  open_line += chunk;
  return true;
}

std::optional<thread_head> read_head(const list_candidate& candidate) {
  const auto opened = open_for_reading(candidate.path);
  const auto* file = std::get_if<descriptor>(&opened);
  if (!file)
    return std::nullopt;
  head_reader head{candidate.thread};
  std::string open_line;
  std::size_t bytes = 0;
  read_chunks(file->number(), [&](std::string_view chunk) {
    bytes += chunk.size();
    return feed_head(head, open_line, chunk) && bytes <= max_head_bytes;
  });
  if (head.wants_more() && bytes <= max_head_bytes)
    head.take(open_line);
  return head.result();
}

stored_thread describe(const list_candidate& candidate, thread_head head) {
  const auto updated = modification_time(candidate.path);
  auto& meta = head.meta;
  return {.thread = meta.thread,
          .path = candidate.path.string(),
          .cwd = std::move(meta.cwd),
          .source = std::move(meta.source),
          .model_provider = std::move(meta.model_provider),
          .cli_version = std::move(meta.cli_version),
          .git_branch = std::move(meta.git_branch),
          .first_user_message = std::move(head.first_user_message),
          .created_at = meta.timestamp,
          .updated_at = updated ? second_text(std::chrono::floor<std::chrono::seconds>(*updated))
                                : meta.timestamp};
}

using candidate_visitor = std::function<walk(const list_candidate&)>;

void walk_files(const fs::path& home, const list_rollouts& request,
                const candidate_visitor& visit) {
  if (request.archived)
    walk_flat(config::archived_sessions_folder(home), visit);
  else
    walk_dated(config::sessions_folder(home), visit);
}

/// By modification time: all candidates first, as many as the scan cap allows.
void walk_updated(const fs::path& home, const list_rollouts& request,
                  const candidate_visitor& visit) {
  std::vector<list_candidate> all;
  walk_files(home, request, [&](const list_candidate& candidate) {
    all.push_back(candidate);
    all.back().time = modification_time(candidate.path).value_or(sys_milliseconds{});
    return all.size() < scan_cap ? walk::on : walk::stop;
  });
  std::sort(all.begin(), all.end(), comes_before);
  for (const auto& candidate : all)
    if (visit(candidate) == walk::stop)
      return;
}

void walk_candidates(const fs::path& home, const list_rollouts& request,
                     const candidate_visitor& visit) {
  if (request.order == rollout_order::updated_at)
    walk_updated(home, request, visit);
  else
    walk_files(home, request, visit);
}

/// Fills one page. Files before the anchor are passed over unread and do not count as looked at;
/// otherwise what lies behind the first 10,000 could never be reached.
class page_collector {
public:
  page_collector(const list_rollouts& request, std::optional<list_anchor> anchor)
    : request_(request), anchor_(anchor) {}

  walk take(const list_candidate& candidate) {
    if (anchor_ && !is_behind(candidate, *anchor_))
      return walk::on;
    if (page_.threads.size() >= request_.page_size || looked_at_ == scan_cap) {
      set_next_cursor();
      return walk::stop;
    }
    ++looked_at_;
    auto head = read_head(candidate);
    if (!head || !matches(head->meta, request_))
      return walk::on;
    page_.threads.push_back(describe(candidate, *std::move(head)));
    last_ = list_anchor{candidate.time, candidate.thread};
    return walk::on;
  }

  rollout_page finish() { return std::move(page_); }

private:
  void set_next_cursor() {
    if (last_)
      page_.next_cursor = cursor_text(last_->time, last_->thread);
  }

  const list_rollouts& request_;
  std::optional<list_anchor> anchor_;
  std::size_t looked_at_ = 0;
  std::optional<list_anchor> last_; // time and thread of the last returned item
  rollout_page page_;
};

} // namespace

std::variant<rollout_page, store_error> list(const fs::path& home, const list_rollouts& request) {
  std::optional<list_anchor> anchor;
  if (!request.cursor.empty()) {
    anchor = parse_cursor(request.cursor);
    if (!anchor)
      return store_error{errc::invalid_request, fmt::format("invalid cursor: {}", request.cursor)};
  }
  page_collector page{request, anchor};
  walk_candidates(home, request,
                  [&](const list_candidate& candidate) { return page.take(candidate); });
  return page.finish();
}

std::optional<fs::path> find_by_id(const fs::path& home, const thread_id& thread) {
  return find_dated(config::sessions_folder(home), thread);
}

std::optional<fs::path> find_archived(const fs::path& home, const thread_id& thread) {
  return find_flat(config::archived_sessions_folder(home), thread);
}

std::optional<stored_thread> find_last(const fs::path& home, const last_thread_filter& filter) {
  list_rollouts request;
  request.order = rollout_order::updated_at;
  request.providers = {filter.provider};
  request.default_provider = filter.provider;
  std::optional<stored_thread> found;
  walk_candidates(home, request, [&](const list_candidate& candidate) {
    auto head = read_head(candidate);
    const bool passes = head && matches(head->meta, request) &&
                        (!filter.cwd || is_same_folder(head->meta.cwd, *filter.cwd));
    if (!passes)
      return walk::on;
    found = describe(candidate, *std::move(head));
    return walk::stop;
  });
  return found;
}

bool is_same_folder(const fs::path& a, const fs::path& b) {
  std::error_code error;
  const auto real_a = fs::canonical(a, error);
  if (error)
    return a.lexically_normal() == b.lexically_normal();
  const auto real_b = fs::canonical(b, error);
  return !error && real_a == real_b;
}

} // namespace troupe::rollout_recorder
