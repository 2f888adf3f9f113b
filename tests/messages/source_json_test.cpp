#define CAF_SUITE source_json
#include <caf/test/bdd_dsl.hpp>

#include "messages/json/document.hpp"
#include "messages/json/source_json.hpp"
#include "messages/json/writer.hpp"

using namespace troupe;

namespace {

constexpr std::string_view parent_text = "019c3762-2225-7c31-9a4e-5d0f6b7a8c21";

session_source of(source_kind kind) {
  session_source result;
  result.kind = kind;
  return result;
}

session_source spawned() {
  auto result = of(source_kind::subagent_thread_spawn);
  result.parent = parse_thread_id(parent_text);
  result.depth = 2;
  return result;
}

session_source labelled() {
  auto result = of(source_kind::subagent_other);
  result.label = "indexer";
  return result;
}

struct row {
  session_source source;
  std::string json;
  std::string text;
};

const row rows[] = {
  {of(source_kind::cli), R"("cli")", "cli"},
  {of(source_kind::vscode), R"("vscode")", "vscode"},
  {of(source_kind::exec), R"("exec")", "exec"},
  {of(source_kind::mcp), R"("mcp")", "mcp"},
  {of(source_kind::subagent_review), R"({"subagent":"review"})", "subagent_review"},
  {of(source_kind::subagent_compact), R"({"subagent":"compact"})", "subagent_compact"},
  {spawned(),
   R"({"subagent":{"thread_spawn":{"parent_thread_id":"019c3762-2225-7c31-9a4e-5d0f6b7a8c21","depth":2}}})",
   "subagent_thread_spawn_019c3762-2225-7c31-9a4e-5d0f6b7a8c21_d2"},
  {labelled(), R"({"subagent":{"other":"indexer"}})", "subagent_indexer"},
  {of(source_kind::unknown), R"("unknown")", "unknown"},
};

session_source parsed(std::string_view json) {
  const json_document document{json};
  REQUIRE(document.root() != nullptr);
  return parse_session_source(*document.root());
}

} // namespace

SCENARIO("every source has a JSON form and a text form") {
  for (const auto& [source, json, text] : rows) {
    std::string written;
    append_json(written, to_json(source));
    CHECK_EQ(written, json);
    CHECK_EQ(parsed(json), source);
    CHECK_EQ(to_text(source), text);
  }
}

SCENARIO("anything else is unknown") {
  for (
    const std::string_view json :
    {R"("browser")", R"("subagent_review")", "null", "5", "[]", "{}", R"({"subagent":null})",
     R"({"subagent":"cli"})", R"({"subagent":{}})", R"({"subagent":{"other":5}})",
     R"({"subagent":{"thread_spawn":{"depth":1}}})",
     R"({"subagent":{"thread_spawn":{"parent_thread_id":"x","depth":1}}})",
     R"({"subagent":{"thread_spawn":{"parent_thread_id":"019c3762-2225-7c31-9a4e-5d0f6b7a8c21","depth":-1}}})",
     R"({"subagent":{"thread_spawn":{"parent_thread_id":"019c3762-2225-7c31-9a4e-5d0f6b7a8c21","depth":4294967296}}})"})
    CHECK_EQ(parsed(json), of(source_kind::unknown));
}
