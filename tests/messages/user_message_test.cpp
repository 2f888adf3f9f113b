#define CAF_SUITE user_message
#include <caf/test/bdd_dsl.hpp>

#include "messages/json/item_json.hpp"

using namespace troupe;

namespace {

bool from_user(std::string_view text) {
  return is_user_message(make_message("user", text));
}

/// A user message of several parts: type, text, type, text, ...
bool parts_from_user(std::initializer_list<std::string_view> types_and_texts) {
  std::string content;
  for (auto i = types_and_texts.begin(); i != types_and_texts.end(); i += 2) {
    const std::string name = *i == "input_image" ? "image_url" : "text";
    content += content.empty() ? "" : ",";
    content += R"({"type":")" + std::string{*i} + R"(",")" + name + "\":" + json_quoted(i[1]) + "}";
  }
  const auto item =
    parse_response_item(R"({"type":"message","role":"user","content":[)" + content + "]}");
  REQUIRE(item.has_value());
  return is_user_message(*item);
}

} // namespace

SCENARIO("what a user writes is a user message") {
  CHECK(from_user("hello"));
  CHECK(from_user(""));
  CHECK(from_user("Warning: this is the engine's, but it counts"));
  CHECK(from_user("see <environment_context>"));
  CHECK(from_user("# AGENTS.md is a file"));
  CHECK(from_user("<environment>"));
  CHECK(parts_from_user({}));
  CHECK(parts_from_user({"input_image", "data:x"}));
}

SCENARIO("other roles and kinds are none") {
  CHECK(!is_user_message(make_message("assistant", "hello")));
  CHECK(!is_user_message(make_message("developer", "hello")));
  CHECK(!is_user_message(make_message("system", "hello")));
  CHECK(!is_user_message(make_function_output("c", "hello")));
}

SCENARIO("instructions and skills are none when they stand alone") {
  for (const std::string_view text :
       {"# AGENTS.md instructions for /w\n\n<INSTRUCTIONS>",
        "<user_instructions>x</user_instructions>", "<skill>\n<name>n</name>", "<skills>"}) {
    CHECK(!from_user(text));
    CHECK(parts_from_user({"input_text", text, "input_text", "and more"}));
    CHECK(parts_from_user({"output_text", text}));
  }
  THEN("these two are compared exactly") {
    CHECK(from_user(" # AGENTS.md instructions for /w"));
    CHECK(from_user("<User_Instructions>"));
    CHECK(from_user("\n<skill>"));
  }
}

SCENARIO("context, abort marks and shell results are none wherever they stand") {
  for (const std::string_view text :
       {"<environment_context>\n<cwd>/w</cwd>", "<ENVIRONMENT_Context>", "<turn_aborted>\nx",
        "<Turn_Aborted>", "<user_shell_command>ls", "\n\t <turn_aborted>",
        "\u00A0\u2003\u3000<environment_context>"}) {
    CHECK(!from_user(text));
    CHECK(!parts_from_user({"input_text", "first", "input_text", text}));
  }
}

SCENARIO("output texts count for context and abort marks only") {
  CHECK(!parts_from_user({"output_text", "<environment_context>"}));
  CHECK(!parts_from_user({"output_text", " <TURN_aborted>"}));
  CHECK(parts_from_user({"output_text", "<user_shell_command>"}));
}

SCENARIO("an image's address is no text") {
  CHECK(parts_from_user({"input_image", "<turn_aborted>"}));
}
