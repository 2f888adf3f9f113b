#pragma once

#include "messages/rollout.hpp"

#include <cstddef>
#include <string>
#include <string_view>

/// How `troupe threads list` shows stored threads.
namespace troupe::threads {

/// The headings of the table, as one line.
std::string table_heading();

/// One thread as a line of the table: id, time of its last update, working directory, first
/// message. Not longer than `width` characters, unless that is less than 100; tails give way.
std::string table_line(const stored_thread& x, std::size_t width);

/// One thread as a line of JSON: `{"id","path","cwd","source","model_provider","cli_version",
/// "git_branch","first_user_message","created_at","updated_at"}`; unknown texts are null.
std::string json_line(const stored_thread& x);

/// "2026-02-07 09:15" of an RFC 3339 time; the text itself when it is none.
std::string minute_text(std::string_view time);

} // namespace troupe::threads
