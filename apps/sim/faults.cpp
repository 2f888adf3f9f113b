#include "apps/sim/faults.hpp"
#include "apps/sim/answer.hpp"
#include "messages/json/writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace troupe::sim {

namespace {

using namespace std::string_view_literals;

/// `response.created` and `response.in_progress`: what every stream begins with.
constexpr std::size_t opening_events = 2;

// Each is something a client must survive: bytes that are not UTF-8, data that is not JSON, JSON
// that is no event, an end mark of another API, an error event (which the reference ignores), a
// page of a proxy.
constexpr auto garbage_kinds = std::to_array<std::string_view>(
  {"data: \xff\xfe\x80\n\n"sv, "data: {\"type\":\"response.output_text.delta\",\"delta\n\n"sv,
   "data: [1, 2, 3]\n\n"sv, "data: [DONE]\n\n"sv,
   "event: error\ndata: {\"type\":\"error\",\"error\":{\"message\":\"simulated\"}}\n\n"sv,
   "<html><body><h1>502 Bad Gateway</h1></body></html>\n"sv});

constexpr auto unknown_event = "event: response.hologram.delta\ndata: "
                               "{\"type\":\"response.hologram.delta\",\"delta\":{\"x\":1}}\n\n"sv;
constexpr auto unknown_item =
  "event: response.output_item.done\ndata: {\"type\":\"response.output_item.done\",\"item\":"
  "{\"type\":\"hologram_call\",\"id\":\"holo_1\",\"status\":\"completed\"}}\n\n"sv;

// The first of the events that do not arrive.
std::size_t event_at(const fault_effect& x, const decision& from, const answer& to) {
  if (x.after_events)
    return std::min<std::size_t>(*x.after_events, to.events.size());
  return from.of("event").pick(to.events.size() + 1);
}

std::size_t begin_of(const answer& to, std::size_t event) {
  return event == 0 ? 0 : to.events[event - 1].end;
}

void keep_events(answer& to, std::size_t count) {
  to.body.resize(begin_of(to, count));
  to.events.resize(count);
}

void append_event(answer& to, std::string_view text) {
  to.body += text;
  to.events.push_back({to.body.size(), {}});
}

void replace_by_error(const fault_effect& x, answer& to) {
  to = {};
  to.status = x.status;
  to.headers = x.headers;
  to.body = x.body;
  to.content_type = x.content_type;
}

void stall(const fault_effect& x, const decision& from, answer& to) {
  const auto first = x.place == stall_place::mid_stream ? event_at(x, from, to) : std::size_t{0};
  if (!x.lasts) {
    keep_events(to, first);
    to.sends_head = x.place != stall_place::before_headers;
    to.end = answer::ending::hang;
  } else if (x.place == stall_place::before_headers) {
    to.before_head += *x.lasts;
  } else if (first < to.events.size()) {
    to.events[first].wait += *x.lasts;
  }
}

// Without a place given any byte may be the last one, also in the middle of an event.
void cut(const fault_effect& x, const decision& from, answer& to) {
  to.end = answer::ending::cut;
  if (x.after_events)
    return keep_events(to, event_at(x, from, to));
  const auto bytes = from.of("byte").pick(to.body.size());
  const auto last = std::ranges::find_if(to.events, [&](const auto& e) { return e.end >= bytes; });
  to.events.erase(last == to.events.end() ? last : last + 1, to.events.end());
  if (!to.events.empty())
    to.events.back().end = bytes;
  to.body.resize(bytes);
}

std::string garbage_text(const fault_effect& x, const decision& from) {
  if (x.filler_bytes > 0)
    return "data: " + std::string(x.filler_bytes, 'x') + "\n\n";
  if (!x.text.empty())
    return x.text;
  return std::string{garbage_kinds[from.of("kind").pick(garbage_kinds.size())]};
}

void insert_event(answer& to, std::size_t at, std::string_view text) {
  const auto begin = begin_of(to, at);
  to.body.insert(begin, text);
  for (auto i = at; i < to.events.size(); ++i)
    to.events[i].end += text.size();
  to.events.insert(to.events.begin() + static_cast<std::ptrdiff_t>(at), {begin + text.size(), {}});
}

void insert_garbage(const fault_effect& x, const decision& from, answer& to) {
  const auto first = event_at(x, from, to);
  insert_event(to, first, garbage_text(x, from));
}

// Any byte may be hit, also a line end: the framing of events suffers as well as their data.
void corrupt(const fault_effect& x, const decision& from, answer& to) {
  const auto first =
    x.after_events ? begin_of(to, event_at(x, from, to)) : from.of("byte").pick(to.body.size());
  const auto last = std::min<std::size_t>(to.body.size(), first + x.bytes);
  for (auto i = first; i < last; ++i)
    to.body[i] = static_cast<char>(from.of("noise").of(i).bits() & 0xff);
}

void repeat_event(const fault_effect& x, const decision& from, answer& to) {
  if (to.events.empty())
    return;
  const auto which = x.after_events ? std::min<std::size_t>(*x.after_events, to.events.size() - 1)
                                    : from.of("event").pick(to.events.size());
  const auto begin = begin_of(to, which);
  insert_event(to, which, to.body.substr(begin, to.events[which].end - begin));
}

void insert_unknown(const fault_effect& x, const decision& from, answer& to) {
  const auto at = event_at(x, from, to);
  insert_event(to, at, unknown_item);
  insert_event(to, at, unknown_event);
}

// About fifty writes a second, as a slow link does it.
void slow_down(const fault_effect& x, answer& to) {
  constexpr std::size_t writes_per_second = 50;
  const auto step = std::max<std::size_t>(1, x.bytes_per_second / writes_per_second);
  const std::chrono::microseconds wait{1'000'000 * step / x.bytes_per_second};
  to.events.clear();
  for (std::size_t at = 0; at < to.body.size(); at += step)
    to.events.push_back({std::min(at + step, to.body.size()), wait});
}

void fail(const fault_effect& x, answer& to) {
  keep_events(to, std::min<std::size_t>(x.after_events.value_or(opening_events), to.events.size()));
  auto error = x.error;
  if (error.empty())
    json_writer{error}
      .begin_object()
      .member("code", x.code)
      .member("message", x.message)
      .end_object();
  append_event(to, fmt::format("event: response.failed\ndata: {{\"type\":\"response.failed\","
                               "\"response\":{{\"id\":\"resp_failed\",\"status\":\"failed\","
                               "\"error\":{}}}}}\n\n",
                               error));
}

void drop_completed(answer& to) {
  if (!to.events.empty())
    keep_events(to, to.events.size() - 1);
}

void end_incomplete(const fault_effect& x, answer& to) {
  drop_completed(to);
  std::string reason;
  append_json_string(reason, x.reason);
  append_event(to, fmt::format("event: response.incomplete\ndata: "
                               "{{\"type\":\"response.incomplete\",\"response\":{{\"id\":"
                               "\"resp_incomplete\",\"status\":\"incomplete\","
                               "\"incomplete_details\":{{\"reason\":{}}}}}}}\n\n",
                               reason));
}

void never_end(const fault_effect& x, const decision& from, answer& to) {
  keep_events(to, event_at(x, from, to));
  append_event(to, "event: response.output_text.delta\ndata: {\"type\":\"response.output_text."
                   "delta\",\"delta\":\"and so on \"}\n\n");
  to.end = answer::ending::repeat;
  to.repeat_interval = x.interval;
}

void only_comments(const fault_effect& x, const decision& from, answer& to) {
  keep_events(to, event_at(x, from, to));
  append_event(to, ": still here\n\n");
  to.end = answer::ending::repeat;
  to.repeat_interval = x.interval;
}

} // namespace

bool replaces_answer(const fault_effect& x) {
  return x.kind == fault_kind::status || x.kind == fault_kind::rate_limit ||
         x.kind == fault_kind::reset;
}

void apply(const fault_effect& x, const decision& from, answer& to) {
  switch (x.kind) {
  case fault_kind::status:
  case fault_kind::rate_limit: return replace_by_error(x, to);
  case fault_kind::reset:
    to = {};
    to.sends_head = false;
    to.end = answer::ending::reset;
    return;
  case fault_kind::stall: return stall(x, from, to);
  case fault_kind::cut: return cut(x, from, to);
  case fault_kind::garbage: return insert_garbage(x, from, to);
  case fault_kind::slow: return slow_down(x, to);
  case fault_kind::no_completed: return drop_completed(to);
  case fault_kind::failed: return fail(x, to);
  case fault_kind::incomplete: return end_incomplete(x, to);
  case fault_kind::endless: return never_end(x, from, to);
  case fault_kind::corrupt: return corrupt(x, from, to);
  case fault_kind::comments: return only_comments(x, from, to);
  case fault_kind::duplicate: return repeat_event(x, from, to);
  case fault_kind::unknown: return insert_unknown(x, from, to);
  case fault_kind::close: // of messages, not of this text
  case fault_kind::binary:
  case fault_kind::ping:
  case fault_kind::wrong_count: return; // known when the answer is made
  }
}

} // namespace troupe::sim
