#define CAF_SUITE item_texts
#include <caf/test/bdd_dsl.hpp>

#include "messages/json/item_json.hpp"
#include "messages/json/item_texts.hpp"

using namespace troupe;

namespace {

response_item item(std::string_view json) {
  return *parse_response_item(json);
}

} // namespace

SCENARIO("a user's text is what was written, without images and the tags around them") {
  CHECK_EQ(user_text(make_message("user", "hello")), "hello");
  CHECK_EQ(user_text(make_user_message({text_input{"a"}, image_input{"data:,x"}, text_input{"b"},
                                        local_image_input{"/p", "data:,y", {}}, text_input{"c"}})),
           "abc");
  CHECK_EQ(user_text(make_user_message({image_input{"data:,x"}})), "");
}

SCENARIO("tags that stand around no image are text") {
  CHECK_EQ(user_text(make_user_message({text_input{"<image>"}, text_input{"</image>"}})),
           "<image></image>");
  CHECK_EQ(user_text(make_user_message({text_input{"<image name=x"}, image_input{"data:,x"}})),
           "<image name=x");
}

SCENARIO("only messages have a user's text") {
  CHECK_EQ(user_text(make_function_output("c1", "output")), "");
}

SCENARIO("the last output text of an assistant message is found") {
  CHECK_EQ(last_output_text(make_message("assistant", "hi")).value_or("none"), "hi");
  CHECK_EQ(last_output_text(item(R"({"type":"message","role":"assistant","content":[)"
                                 R"({"type":"output_text","text":"a"},)"
                                 R"({"type":"output_text","text":"b"}]})"))
             .value_or("none"),
           "b");
  CHECK(!last_output_text(make_message("user", "hi")));
  CHECK(!last_output_text(item(R"({"type":"message","role":"assistant","content":[]})")));
  CHECK(!last_output_text(make_function_output("c1", "x")));
}

SCENARIO("images of a function output become a text, the rest stays") {
  const auto output = item(R"({"type":"function_call_output","call_id":"c1","output":[)"
                           R"({"type":"input_image","image_url":"data:,x"},)"
                           R"({"type":"input_text","text":"say \"hi\""}]})");
  const auto changed = without_images(output, "gone");
  REQUIRE(changed.has_value());
  CHECK_EQ(changed->json.str(), R"({"type":"function_call_output","call_id":"c1","output":[)"
                                R"({"type":"input_text","text":"gone"},)"
                                R"({"type":"input_text","text":"say \"hi\""}]})");
  CHECK_EQ(changed->call_id, "c1");
  CHECK(!without_images(*changed, "gone"));
}

SCENARIO("items without images are not changed") {
  CHECK(!without_images(make_function_output("c1", "text"), "gone"));
  CHECK(!without_images(make_user_message({image_input{"data:,x"}}), "gone"));
}

SCENARIO("encrypted content is measured where an item has it") {
  CHECK_EQ(
    encrypted_bytes(item(R"({"type":"compaction","encrypted_content":"12345"})")).value_or(0), 5u);
  CHECK_EQ(encrypted_bytes(item(R"({"type":"reasoning","summary":[],"encrypted_content":"ab+/="})"))
             .value_or(0),
           5u);
  CHECK(!encrypted_bytes(item(R"({"type":"reasoning","summary":[],"encrypted_content":null})")));
  // What a summary says is no member.
  CHECK(!encrypted_bytes(item(R"({"type":"reasoning","summary":[{"type":"summary_text",)"
                              R"("text":"\"encrypted_content\":\"abc\""}]})")));
  CHECK(!encrypted_bytes(make_message("user", "x")));
}

SCENARIO("images of messages and outputs become a text, without the tags around them") {
  const auto message = make_user_message(
    {text_input{"a \"b\""}, image_input{"data:,x"}, local_image_input{"/p", "data:,y", {}}});
  const auto changed = images_as_text(message, "gone");
  REQUIRE(changed.has_value());
  CHECK_EQ(changed->json.str(),
           R"({"type":"message","role":"user","content":[{"type":"input_text","text":"a \"b\""},)"
           R"({"type":"input_text","text":"gone"},{"type":"input_text","text":"gone"}]})");
  CHECK(!images_as_text(*changed, "gone"));
  CHECK(images_as_text(item(R"({"type":"function_call_output","call_id":"c1","output":[)"
                            R"({"type":"input_image","image_url":"data:,x"}]})"),
                       "gone"));
  CHECK(!images_as_text(make_user_message({text_input{R"("input_image")"}}), "gone"));
  CHECK(!images_as_text(make_function_output("c1", "text"), "gone"));
}
