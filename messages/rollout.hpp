#pragma once

#include "messages/ids.hpp"
#include "messages/settings.hpp"
#include "messages/shared_text.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What threads and the rollout recorder say to each other (contract rollouts.md).
namespace troupe {

enum class line_kind : std::uint8_t { meta, item, compacted, context, event };
template <>
struct enum_texts<line_kind> {
  static constexpr std::array<std::string_view, 5> values{"session_meta", "response_item",
                                                          "compacted", "turn_context", "event_msg"};
};

/// One line to write or as read; the recorder adds the timestamp.
struct rollout_line {
  line_kind kind = line_kind::item;
  shared_text payload_json;
  bool operator==(const rollout_line&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, rollout_line& x) {
  return f.object(x).fields(f.field("kind", x.kind), f.field("payload_json", x.payload_json));
}

/// The facts of a new rollout's first line; the recorder adds time, program version and git facts
/// of `cwd`.
struct session_meta {
  thread_id id;
  std::optional<thread_id> forked_from_id;
  std::string cwd;
  std::string originator;
  std::string source_json; ///< session source as JSON, contract threads.md 1.3
  std::string model_provider;
  shared_text base_instructions;
  bool operator==(const session_meta&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, session_meta& x) {
  return f.object(x).fields(
    f.field("id", x.id), f.field("forked_from_id", x.forked_from_id), f.field("cwd", x.cwd),
    f.field("originator", x.originator), f.field("source_json", x.source_json),
    f.field("model_provider", x.model_provider), f.field("base_instructions", x.base_instructions));
}

/// Creates the file of a new thread and writes its first line. Answer: `rollout_opened`.
struct create_rollout {
  session_meta meta;
  bool operator==(const create_rollout&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, create_rollout& x) {
  return f.object(x).fields(f.field("meta", x.meta));
}

/// Opens an existing file for appending and reads it. `thread` or `path` names it. Answer:
/// `rollout_history`.
struct load_rollout {
  std::optional<thread_id> thread;
  std::string path;
  bool operator==(const load_rollout&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, load_rollout& x) {
  return f.object(x).fields(f.field("thread", x.thread), f.field("path", x.path));
}

/// Makes a rollout known that this process had open before, to a recorder that has been restarted:
/// appends go to the end of the file, nothing of it is read. Answer: empty.
struct reopen_rollout {
  thread_id thread;
  std::string path;
  bool operator==(const reopen_rollout&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, reopen_rollout& x) {
  return f.object(x).fields(f.field("thread", x.thread), f.field("path", x.path));
}

struct rollout_opened {
  std::string path;
  bool operator==(const rollout_opened&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, rollout_opened& x) {
  return f.object(x).fields(f.field("path", x.path));
}

struct rollout_history {
  thread_id thread;
  std::string path;
  std::vector<rollout_line> lines; ///< all valid lines, in order
  std::uint64_t damaged_lines = 0; ///< lines that could not be read and were left out
  bool torn_tail = false; ///< the last line was cut off; the first append starts with a newline
  std::vector<std::uint64_t> damaged_at; ///< their numbers, from 1; the first few
  bool operator==(const rollout_history&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, rollout_history& x) {
  return f.object(x).fields(f.field("thread", x.thread), f.field("path", x.path),
                            f.field("lines", x.lines), f.field("damaged_lines", x.damaged_lines),
                            f.field("torn_tail", x.torn_tail), f.field("damaged_at", x.damaged_at));
}

/// Appends lines. The answer (an empty result) comes when they are with the operating system.
struct append_rollout {
  thread_id thread;
  std::vector<rollout_line> lines;
  bool operator==(const append_rollout&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, append_rollout& x) {
  return f.object(x).fields(f.field("thread", x.thread), f.field("lines", x.lines));
}

/// Everything queued is written and the file is forgotten. Answer: an empty result.
struct close_rollout {
  thread_id thread;
  bool operator==(const close_rollout&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, close_rollout& x) {
  return f.object(x).fields(f.field("thread", x.thread));
}

enum class rollout_order : std::uint8_t { created_at, updated_at };
template <>
struct enum_texts<rollout_order> {
  static constexpr std::array<std::string_view, 2> values{"created_at", "updated_at"};
};

/// A page of stored threads, newest first (contract rollouts.md 8).
struct list_rollouts {
  std::uint32_t page_size = 25;
  std::string cursor; ///< empty: from the start
  rollout_order order = rollout_order::created_at;
  std::vector<std::string> sources;   ///< allowed source texts; empty: all
  std::vector<std::string> providers; ///< empty: all
  std::string default_provider;
  bool archived = false;
  bool operator==(const list_rollouts&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, list_rollouts& x) {
  return f.object(x).fields(
    f.field("page_size", x.page_size), f.field("cursor", x.cursor), f.field("order", x.order),
    f.field("sources", x.sources), f.field("providers", x.providers),
    f.field("default_provider", x.default_provider), f.field("archived", x.archived));
}

struct stored_thread {
  thread_id thread;
  std::string path;
  std::string cwd;
  std::string source;
  std::string model_provider;
  std::string cli_version;
  std::string git_branch;
  std::string first_user_message;
  std::string created_at; ///< RFC 3339, UTC
  std::string updated_at; ///< RFC 3339, UTC
  bool operator==(const stored_thread&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, stored_thread& x) {
  return f.object(x).fields(
    f.field("thread", x.thread), f.field("path", x.path), f.field("cwd", x.cwd),
    f.field("source", x.source), f.field("model_provider", x.model_provider),
    f.field("cli_version", x.cli_version), f.field("git_branch", x.git_branch),
    f.field("first_user_message", x.first_user_message), f.field("created_at", x.created_at),
    f.field("updated_at", x.updated_at));
}

struct rollout_page {
  std::vector<stored_thread> threads;
  std::string next_cursor; ///< empty: no more
  bool operator==(const rollout_page&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, rollout_page& x) {
  return f.object(x).fields(f.field("threads", x.threads), f.field("next_cursor", x.next_cursor));
}

} // namespace troupe
