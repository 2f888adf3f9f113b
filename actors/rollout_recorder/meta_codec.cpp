#include "actors/rollout_recorder/meta_codec.hpp"

#include "actors/rollout_recorder/timestamps.hpp"
#include "messages/json/document.hpp"
#include "messages/json/object_reader.hpp"
#include "messages/json/source_json.hpp"
#include "messages/json/writer.hpp"

namespace troupe::rollout_recorder {

namespace {

void write_if(json_writer& out, std::string_view name, const std::optional<std::string>& text) {
  if (text)
    out.member(name, *text);
}

void write_git(json_writer& out, const git_facts& git) {
  out.key("git").begin_object();
  write_if(out, "commit_hash", git.commit_hash);
  write_if(out, "branch", git.branch);
  write_if(out, "repository_url", git.repository_url);
  out.end_object();
}

void write_instructions(json_writer& out, std::string_view text) {
  out.key("base_instructions");
  if (text.empty())
    out.null();
  else
    out.begin_object().member("text", text).end_object();
}

/// Another node's text could break the line.
void write_source(json_writer& out, std::string_view json) {
  out.key("source");
  if (json_document{json}.root())
    out.raw(json);
  else
    out.text(to_text(json.empty() ? source_kind::vscode : source_kind::unknown));
}

std::string source_text(const object_reader& in) {
  const auto* source = in.find("source");
  return source && !source->is_null() ? to_text(parse_session_source(*source))
                                      : to_string(source_kind::vscode);
}

/// One member of the wrong type must not hide a thread from listings.
std::string lenient_text(const object_reader& in, std::string_view name) {
  const auto* value = in.find(name);
  const auto* text = value ? value->if_string() : nullptr;
  return text ? std::string{text->data(), text->size()} : std::string{};
}

} // namespace

std::string meta_json(const session_meta& meta, const meta_context& context) {
  std::string json;
  json.reserve(meta.base_instructions.size() + meta.base_instructions.size() / 16 + 1024);
  json_writer out{json};
  out.begin_object().member("id", to_string(meta.id));
  if (meta.forked_from_id)
    out.member("forked_from_id", to_string(*meta.forked_from_id));
  out.member("timestamp", line_time_text(context.start))
    .member("cwd", meta.cwd)
    .member("originator", meta.originator)
    .member("cli_version", context.cli_version);
  write_source(out, meta.source_json);
  out.key("model_provider");
  if (meta.model_provider.empty())
    out.null();
  else
    out.text(meta.model_provider);
  write_instructions(out, meta.base_instructions.view());
  if (context.git)
    write_git(out, *context.git);
  out.end_object();
  return json;
}

std::optional<recorded_meta> parse_meta(std::string_view payload) {
  const json_document document{payload};
  if (!document.root() || !document.root()->is_object())
    return std::nullopt;
  const object_reader in{document.root()->get_object()};
  const auto thread = parse_thread_id(lenient_text(in, "id"));
  if (!thread)
    return std::nullopt;
  recorded_meta result{.thread = *thread,
                       .timestamp = lenient_text(in, "timestamp"),
                       .cwd = lenient_text(in, "cwd"),
                       .source = source_text(in),
                       .model_provider = lenient_text(in, "model_provider"),
                       .cli_version = lenient_text(in, "cli_version"),
                       .git_branch = {}};
  const auto* git = in.find("git");
  if (git && git->is_object())
    result.git_branch = lenient_text(object_reader{git->get_object()}, "branch");
  return result;
}

} // namespace troupe::rollout_recorder
