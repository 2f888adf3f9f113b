#include "actors/rollout_recorder/listing.hpp"

#include "actors/rollout_recorder/line_mending.hpp"
#include "config/text_file.hpp"
#include "messages/json/document.hpp"

#include <algorithm>
#include <tuple>

namespace troupe::rollout_recorder {

namespace {

constexpr std::string_view lost_message = "(this message is damaged)";
constexpr std::string_view no_utf8 = "(this rollout is UTF-16; convert it to UTF-8)";
constexpr std::string_view request_heading = "## My request for Codex:";

std::optional<std::string> text_of_user_message(std::string_view payload) {
  const json_document document{payload};
  const auto* event = document.root() ? document.root()->if_object() : nullptr;
  const auto* type = event ? event->if_contains("type") : nullptr;
  if (!type || !type->is_string() || type->get_string() != "user_message")
    return std::nullopt;
  const auto* message = event->if_contains("message");
  const auto* text = message ? message->if_string() : nullptr;
  if (!text)
    return std::nullopt;
  return std::string{visible_part({text->data(), text->size()})};
}

bool contains(const std::vector<std::string>& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

} // namespace

std::optional<list_anchor> parse_cursor(std::string_view text) {
  const auto bar = text.find('|');
  if (bar == std::string_view::npos)
    return std::nullopt;
  const auto thread = parse_thread_id(text.substr(bar + 1));
  std::optional<sys_milliseconds> time = parse_rfc3339(text.substr(0, bar));
  if (!time)
    time = parse_file_time(text.substr(0, bar));
  if (!thread || !time)
    return std::nullopt;
  return list_anchor{*time, *thread};
}

std::string cursor_text(sys_milliseconds time, const thread_id& thread) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  return (whole == time ? second_text(whole) : line_time_text(time)) + '|' + to_string(thread);
}

bool comes_before(const list_candidate& a, const list_candidate& b) {
  return std::tie(a.time, a.thread) > std::tie(b.time, b.thread);
}

bool is_behind(const list_candidate& x, const list_anchor& anchor) {
  return x.time < anchor.time || (x.time == anchor.time && x.thread < anchor.thread);
}

bool head_reader::wants_more() const {
  if (meta_ && user_message_)
    return false;
  return lines_ < (meta_ ? head_lines + extra_head_lines : head_lines);
}

void head_reader::take(std::string_view line) {
  line = config::without_mark(line);
  if (without_space(line).empty())
    return;
  ++lines_;
  const auto decoded = decoder_.decode(line);
  if (const auto* good = std::get_if<decoded_line>(&decoded))
    keep(*good);
  else
    save(line);
}

void head_reader::keep(const decoded_line& line) {
  if (line.kind == line_kind::meta && !meta_)
    meta_ = parse_meta(line.payload);
  else if (line.kind == line_kind::event && !user_message_)
    user_message_ = text_of_user_message(line.payload);
}

void head_reader::save(std::string_view line) {
  if (lines_ == 1 && named_ && is_utf16(line)) {
    take_lost_meta();
    user_message_ = no_utf8;
    return;
  }
  const bool is_meta = !meta_ && claims_to_be_meta(line);
  const bool is_message = !user_message_ && claims_to_be_user_message(line);
  if (!is_meta && !is_message)
    return;
  const auto mended = mended_line(line);
  const auto decoded = decoder_.decode(mended);
  if (const auto* good = std::get_if<decoded_line>(&decoded)) {
    keep(*good);
  } else if (is_message) {
    user_message_ = lost_message;
  } else if (named_) {
    take_lost_meta();
  }
}

void head_reader::take_lost_meta() {
  meta_.emplace();
  meta_->thread = *named_;
}

std::optional<thread_head> head_reader::result() const {
  if (!meta_ || !user_message_)
    return std::nullopt;
  return thread_head{*meta_, *user_message_};
}

std::string_view visible_part(std::string_view user_message) {
  const auto heading = user_message.find(request_heading);
  if (heading != std::string_view::npos)
    user_message.remove_prefix(heading + request_heading.size());
  return without_space(user_message);
}

bool matches(const recorded_meta& meta, const list_rollouts& request) {
  if (!request.sources.empty() && !contains(request.sources, meta.source))
    return false;
  const auto& provider =
    meta.model_provider.empty() ? request.default_provider : meta.model_provider;
  return request.providers.empty() || contains(request.providers, provider);
}

} // namespace troupe::rollout_recorder
