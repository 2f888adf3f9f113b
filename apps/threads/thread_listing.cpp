#include "apps/threads/thread_listing.hpp"

#include "apps/common/printable_text.hpp"
#include "messages/json/writer.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace troupe::threads {

namespace {

constexpr std::size_t cwd_width = 28;
constexpr std::size_t fixed_width = 36 + 2 + 16 + 2 + cwd_width + 2; // all but the message
constexpr std::size_t min_message_width = 14;

std::string padded(std::string text, std::size_t width) {
  const auto count = common::count_characters(text);
  if (count < width)
    text.append(width - count, ' ');
  return text;
}

void write_text(json_writer& out, std::string_view name, std::string_view text) {
  out.key(name);
  if (text.empty())
    out.null();
  else
    out.text(text);
}

} // namespace

std::string table_heading() {
  return fmt::format("{:<36}  {:<16}  {:<{}}  {}\n", "ID", "UPDATED (UTC)", "FOLDER", cwd_width,
                     "FIRST MESSAGE");
}

std::string table_line(const stored_thread& x, std::size_t width) {
  const auto message_width =
    width > fixed_width + min_message_width ? width - fixed_width : min_message_width;
  return fmt::format("{}  {:<16}  {}  {}\n", to_string(x.thread), minute_text(x.updated_at),
                     padded(common::shortened_front(common::one_line(x.cwd), cwd_width), cwd_width),
                     common::shortened(common::one_line(x.first_user_message), message_width));
}

std::string json_line(const stored_thread& x) {
  std::string line;
  json_writer out{line};
  out.begin_object().member("id", to_string(x.thread)).member("path", x.path);
  write_text(out, "cwd", x.cwd);
  write_text(out, "source", x.source);
  write_text(out, "model_provider", x.model_provider);
  write_text(out, "cli_version", x.cli_version);
  write_text(out, "git_branch", x.git_branch);
  write_text(out, "first_user_message", x.first_user_message);
  write_text(out, "created_at", x.created_at);
  write_text(out, "updated_at", x.updated_at);
  out.end_object();
  return line + '\n';
}

std::string minute_text(std::string_view time) {
  constexpr std::size_t minute_size = 16; // 2026-02-07T09:15
  if (time.size() < minute_size || time[10] != 'T')
    return common::one_line(time);
  auto text = common::one_line(time.substr(0, minute_size));
  std::replace(text.begin(), text.end(), 'T', ' ');
  return text;
}

} // namespace troupe::threads
