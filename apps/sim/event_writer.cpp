#include "apps/sim/event_writer.hpp"

#include "apps/sim/utf8.hpp"
#include "messages/json/writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace troupe::sim {

namespace {

constexpr std::size_t call_delta_factor = 16;
constexpr std::size_t first_reservation = 8 * 1024; // a plain answer of 24 events takes 5 KiB
constexpr std::size_t last_event_bytes = 512;       // `response.completed`

std::string json_quoted(std::string_view text) {
  std::string result;
  append_json_string(result, text);
  return result;
}

} // namespace

event_writer::event_writer(std::string_view id, std::size_t delta_bytes, written_events front)
  : id_(id), delta_bytes_(std::max<std::size_t>(4, delta_bytes)), done_(std::move(front)) {
  done_.text.reserve(std::max(done_.text.size() + last_event_bytes, first_reservation));
}

void event_writer::begin(std::string_view type) {
  fmt::format_to(std::back_inserter(done_.text),
                 "event: {0}\ndata: {{\"type\":\"{0}\",\"sequence_number\":{1}", type,
                 done_.list.size());
}

void event_writer::end(std::size_t text_bytes) {
  done_.text += "}\n\n";
  done_.list.push_back({done_.text.size(), text_bytes});
}

void event_writer::open() {
  for (const std::string_view type : {"response.created", "response.in_progress"}) {
    begin(type);
    fmt::format_to(std::back_inserter(done_.text),
                   ",\"response\":{{\"id\":\"resp_{}\",\"object\":\"response\",\"status\":"
                   "\"in_progress\",\"output\":[]}}",
                   id_);
    end();
  }
}

std::string event_writer::item_id(std::string_view prefix) const {
  return fmt::format("{}_{}_{}", prefix, id_, done_.items);
}

// The fields that say to which item an event belongs.
std::string event_writer::item_place(std::string_view prefix) const {
  return fmt::format(",\"item_id\":\"{}\",\"output_index\":{}", item_id(prefix), done_.items);
}

void event_writer::item_event(std::string_view type, std::string_view item) {
  begin(type);
  fmt::format_to(std::back_inserter(done_.text), ",\"output_index\":{},\"item\":{}", done_.items,
                 item);
  end();
}

void event_writer::deltas(std::string_view type, std::string_view place, std::string_view text,
                          std::size_t piece_bytes) {
  done_.output_bytes += text.size();
  while (!text.empty()) {
    const auto piece = utf8_prefix(text, piece_bytes);
    begin(type);
    done_.text += place;
    done_.text += ",\"delta\":";
    append_json_string(done_.text, piece);
    end(piece.size());
    text.remove_prefix(piece.size());
  }
}

void event_writer::field_event(std::string_view type, std::string_view place, std::string_view name,
                               std::string_view json) {
  begin(type);
  fmt::format_to(std::back_inserter(done_.text), "{},\"{}\":{}", place, name, json);
  end();
}

void event_writer::message(std::string_view text, std::string_view phase) {
  const auto item = [&](std::string_view status, std::string_view content) {
    const auto phase_field = phase.empty() ? "" : fmt::format(",\"phase\":\"{}\"", phase);
    return fmt::format("{{\"type\":\"message\",\"id\":\"{}\",\"role\":\"assistant\",\"status\":"
                       "\"{}\"{},\"content\":[{}]}}",
                       item_id("msg"), status, phase_field, content);
  };
  const auto part = [](std::string_view json) {
    return fmt::format("{{\"type\":\"output_text\",\"text\":{},\"annotations\":[]}}", json);
  };
  const auto place = item_place("msg") + ",\"content_index\":0";
  const auto whole = json_quoted(text);
  item_event("response.output_item.added", item("in_progress", ""));
  field_event("response.content_part.added", place, "part", part("\"\""));
  deltas("response.output_text.delta", place, text, delta_bytes_);
  field_event("response.output_text.done", place, "text", whole);
  field_event("response.content_part.done", place, "part", part(whole));
  item_event("response.output_item.done", item("completed", part(whole)));
  ++done_.items;
}

void event_writer::summary_part(std::size_t index, std::string_view text) {
  const auto place = fmt::format("{},\"summary_index\":{}", item_place("rs"), index);
  const auto part = [](std::string_view json) {
    return fmt::format("{{\"type\":\"summary_text\",\"text\":{}}}", json);
  };
  field_event("response.reasoning_summary_part.added", place, "part", part("\"\""));
  deltas("response.reasoning_summary_text.delta", place, text, delta_bytes_);
  field_event("response.reasoning_summary_text.done", place, "text", json_quoted(text));
  field_event("response.reasoning_summary_part.done", place, "part", part(json_quoted(text)));
}

void event_writer::reasoning(const std::vector<std::string>& summary, std::string_view content) {
  const auto bytes_before = done_.output_bytes;
  const auto item = [&](std::string_view parts, std::string_view more) {
    return fmt::format("{{\"type\":\"reasoning\",\"id\":\"{}\",\"summary\":[{}]{}}}", item_id("rs"),
                       parts, more);
  };
  item_event("response.output_item.added", item("", ""));
  std::string parts;
  for (std::size_t i = 0; i < summary.size(); ++i) {
    summary_part(i, summary[i]);
    parts += fmt::format("{}{{\"type\":\"summary_text\",\"text\":{}}}", i == 0 ? "" : ",",
                         json_quoted(summary[i]));
  }
  deltas("response.reasoning_text.delta", item_place("rs") + ",\"content_index\":0", content,
         delta_bytes_);
  // Opaque to clients, who send it back.
  auto more = fmt::format(",\"encrypted_content\":\"sim_{}\"", item_id("enc"));
  if (!content.empty())
    more += fmt::format(",\"content\":[{{\"type\":\"reasoning_text\",\"text\":{}}}]",
                        json_quoted(content));
  item_event("response.output_item.done", item(parts, more));
  done_.reasoning_bytes += done_.output_bytes - bytes_before;
  ++done_.items;
}

void event_writer::call(const call_form& form, std::string_view tool, std::string_view text) {
  const auto item = [&](std::string_view status, std::string_view json) {
    return fmt::format("{{\"type\":\"{}\",\"id\":\"{}\",\"status\":\"{}\",\"call_id\":\"{}\","
                       "\"name\":{},\"{}\":{}}}",
                       form.type, item_id(form.id_prefix), status, item_id("call"),
                       json_quoted(tool), form.field, json);
  };
  const auto place = item_place(form.id_prefix);
  item_event("response.output_item.added", item("in_progress", "\"\""));
  deltas(form.delta_event, place, text, delta_bytes_ * call_delta_factor);
  field_event(form.done_event, place, form.field, json_quoted(text));
  item_event("response.output_item.done", item("completed", json_quoted(text)));
  ++done_.items;
}

void event_writer::function_call(std::string_view tool, std::string_view arguments) {
  call({"function_call", "fc", "arguments", "response.function_call_arguments.delta",
        "response.function_call_arguments.done"},
       tool, arguments);
}

void event_writer::custom_call(std::string_view tool, std::string_view input) {
  call({"custom_tool_call", "ctc", "input", "response.custom_tool_call_input.delta",
        "response.custom_tool_call_input.done"},
       tool, input);
}

void event_writer::local_shell_call(const std::vector<std::string>& command) {
  std::string words;
  for (const auto& word : command) {
    words += words.empty() ? "" : ",";
    append_json_string(words, word);
    done_.output_bytes += word.size();
  }
  item_event("response.output_item.done",
             fmt::format("{{\"type\":\"local_shell_call\",\"id\":\"{}\",\"call_id\":\"{}\","
                         "\"status\":\"completed\",\"action\":{{\"type\":\"exec\",\"command\":[{}]"
                         "}}}}",
                         item_id("lsh"), item_id("call"), words));
  ++done_.items;
}

void event_writer::web_search(std::string_view query) {
  const auto item = [&](std::string_view status) {
    return fmt::format("{{\"type\":\"web_search_call\",\"id\":\"{}\",\"status\":\"{}\","
                       "\"action\":{{\"type\":\"search\",\"query\":{}}}}}",
                       item_id("ws"), status, json_quoted(query));
  };
  item_event("response.output_item.added", item("in_progress"));
  item_event("response.output_item.done", item("completed"));
  done_.output_bytes += query.size();
  ++done_.items;
}

void event_writer::raw_event(std::string_view data) {
  while (true) {
    const auto line = data.substr(0, data.find('\n'));
    fmt::format_to(std::back_inserter(done_.text), "data: {}\n", line);
    if (line.size() == data.size())
      break;
    data.remove_prefix(line.size() + 1);
  }
  done_.text += '\n';
  done_.list.push_back({done_.text.size(), 0});
}

void event_writer::complete(const usage_figures* usage) {
  begin("response.completed");
  auto out = std::back_inserter(done_.text);
  fmt::format_to(out,
                 ",\"response\":{{\"id\":\"resp_{}\",\"object\":\"response\",\"status\":"
                 "\"completed\",\"output\":[],\"usage\":",
                 id_);
  if (usage == nullptr)
    done_.text += "null";
  else
    fmt::format_to(out,
                   "{{\"input_tokens\":{},\"input_tokens_details\":{{\"cached_tokens\":{}}},"
                   "\"output_tokens\":{},\"output_tokens_details\":{{\"reasoning_tokens\":{}}},"
                   "\"total_tokens\":{}}}",
                   usage->input_tokens, usage->cached_tokens, usage->output_tokens,
                   usage->reasoning_tokens, usage->input_tokens + usage->output_tokens);
  done_.text += '}';
  end();
}

} // namespace troupe::sim
