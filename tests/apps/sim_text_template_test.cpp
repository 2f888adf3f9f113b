#define CAF_SUITE sim_text_template
#include <caf/test/bdd_dsl.hpp>

#include "apps/sim/text_template.hpp"
#include "tests/apps/sim_requests.hpp"

#include <map>
#include <set>

using namespace troupe::sim;
using troupe::test::sim_request;

namespace {

const std::vector<choice_list> lists = {
  {"word", choice_scope::thread, {}, {{"red"}, {"green"}, {"blue"}, {"white"}, {"black"}}},
  {"per_turn", choice_scope::turn, {}, {{"a"}, {"b"}, {"c"}, {"d"}, {"e"}, {"f"}, {"g"}, {"h"}}},
  {"per_request", choice_scope::request, {}, {{"1"}, {"2"}, {"3"}, {"4"}, {"5"}, {"6"}}},
  {"row", choice_scope::thread, {"name", "size"}, {{"cat", "small"}, {"cow", "large"}}},
};

template_scope full_scope() {
  template_scope result;
  result.has_user_pattern = result.has_output_pattern = true;
  result.user_groups = 2;
  result.output_groups = 1;
  result.lists = lists;
  return result;
}

std::string error_of(std::string_view text, const template_scope& scope = full_scope()) {
  const auto compiled = text_template::compile(text, scope);
  const auto* error = std::get_if<template_error>(&compiled);
  return error == nullptr ? "" : error->message;
}

/// A request in the middle of its second turn.
struct fixture {
  fixture() {
    request.user("<environment_context><cwd>/ws</cwd></environment_context>")
      .user("first\nline two")
      .user("run `it's`")
      .ran("c", 3, "\n one\ntwo\n");
    view = request.view();
    user = {"`it's`", "it's", "x"};
    output = {"two", "wo"};
    values.request = &view;
    values.thread = "thread-1";
    values.seed = 5;
    values.request_number = 7;
    values.attempt = 2;
    values.user_groups = user;
    values.output_groups = output;
    values.lists = lists;
  }

  std::string expand(std::string_view text) const {
    const auto compiled = text_template::compile(text, full_scope());
    return std::get<text_template>(compiled).expand(values);
  }

  sim_request request;
  request_view view;
  std::vector<std::string_view> user;
  std::vector<std::string_view> output;
  template_values values;
};

} // namespace

SCENARIO("names stand for the values of the request") {
  const fixture x;
  const std::map<std::string, std::string> cases = {
    {"plain", "plain"},
    {"{{last_user}}", "run `it's`"},
    {"{{first_user|first_line}}", "first"},
    {"{{tool_body}}", "\n one\ntwo\n"},
    {"{{tool_name}}/{{exit_code}}", "exec_command/3"},
    {"{{cwd}} {{model}} {{thread}}", "/ws sim-model thread-1"},
    {"{{turn}}.{{request}}.{{attempt}}.{{outputs}}.{{seed}}", "2.7.2.1.5"},
    {"{{capture.0}}|{{capture.1}}|{{user.2}}", "`it's`|it's|x"},
    {"{{output.0}}-{{output.1}}", "two-wo"},
    {"{{braces}}last_user}}", "{{last_user}}"},
    {"a {b} }} {{ turn }}", "a {b} }} 2"},
  };
  for (const auto& [text, expected] : cases)
    CHECK_EQ(x.expand(text), expected);
  CHECK(x.expand("{{tool_output}}").starts_with("Chunk ID: "));
}

SCENARIO("values that a request lacks are empty") {
  fixture x;
  sim_request bare;
  const auto view = bare.view();
  x.values.request = &view;
  x.values.user_groups = x.values.output_groups = {};
  CHECK_EQ(x.expand("[{{last_user}}{{tool_output}}{{tool_body}}{{tool_name}}{{exit_code}}{{cwd}}"
                    "{{user.1}}{{output.1}}]"),
           "[]");
}

SCENARIO("filters change a value, one after the other") {
  const fixture x;
  CHECK_EQ(x.expand("{{tool_body|trim}}"), "one\ntwo");
  CHECK_EQ(x.expand("{{tool_body | trim | first_line}}"), "one");
  CHECK_EQ(x.expand("{{tool_body|last_line}}"), "two");
  CHECK_EQ(x.expand("{{tool_body|plus}}"), "+\n+ one\n+two");
  CHECK_EQ(x.expand("{{first_user|minus}}"), "-first\n-line two");
  CHECK_EQ(x.expand("{{cwd|plus}}"), "+/ws");
  CHECK_EQ(x.expand("{{user.1|shell}}"), R"('it'\''s')");
  CHECK_EQ(x.expand("{{first_user|json}}"), R"(first\nline two)");
}

SCENARIO("clip cuts a long value between characters") {
  fixture x;
  sim_request request;
  request.user(std::string(1999, 'x') + "é and more");
  const auto view = request.view();
  x.values.request = &view;
  CHECK_EQ(x.expand("{{last_user|clip}}"), std::string(1999, 'x') + " ...");
}

SCENARIO("a choice stays for its scope and depends on the seed alone") {
  fixture x;
  const auto draw = [&](std::string_view text, std::uint64_t thread, std::uint64_t number) {
    x.values.thread_choice = decision{1}.of(thread);
    x.values.request_choice = x.values.thread_choice.of(number);
    return x.expand(text);
  };
  std::set<std::string> over_threads;
  std::set<std::string> over_requests;
  for (std::uint64_t i = 0; i < 100; ++i) {
    over_threads.insert(draw("{{random.word}}", i, 1));
    over_requests.insert(draw("{{random.per_request}}", 1, i));
    CHECK_EQ(draw("{{random.word}}", 1, i), draw("{{random.word}}", 1, 0));
    CHECK_EQ(draw("{{random.per_turn}}", 1, i), draw("{{random.per_turn}}", 1, 0));
    CHECK_EQ(draw("{{random.per_request}}", 1, i), draw("{{random.per_request}}", 1, i));
    const auto row = draw("{{random.row.name}} {{random.row.size}}", i, i);
    CHECK(row == "cat small" || row == "cow large");
  }
  CHECK_EQ(over_threads.size(), 5u);
  CHECK_EQ(over_requests.size(), 6u);
}

SCENARIO("a choice per turn changes from turn to turn") {
  fixture x;
  std::set<std::string> seen;
  sim_request request;
  for (int i = 0; i < 50; ++i) {
    request.user("again");
    const auto view = request.view();
    x.values.request = &view;
    seen.insert(x.expand("{{random.per_turn}}"));
  }
  CHECK_EQ(seen.size(), 8u);
}

SCENARIO("mistakes in a template are found when it is compiled") {
  CHECK(error_of("{{nope}}").starts_with("unknown name \"nope\"; known are capture.1, "));
  CHECK_EQ(error_of("{{last_usr}}"), "unknown name \"last_usr\"; did you mean \"last_user\"?");
  CHECK_EQ(error_of("{{cwd|trimm}}"), "unknown filter \"trimm\"; did you mean \"trim\"?");
  CHECK_EQ(error_of("{{turn"),
           "\"{{\" without \"}}\"; for the two braces themselves write {{braces}}");
  CHECK_EQ(error_of("{{capture.3}}"), "group 3, but the pattern when.user has only 2");
  CHECK_EQ(error_of("{{output.2}}"), "group 2, but the pattern when.output has only 1");
  CHECK_EQ(error_of("{{user.x}}"), "\"x\" is not the number of a group");
  CHECK_EQ(error_of("{{user.}}"), "\"\" is not the number of a group");
  CHECK_EQ(error_of("{{random.wurd}}"), "there is no [random.wurd]; did you mean \"word\"?");
  CHECK_EQ(error_of("{{random.word.x}}"), "the choices of random.word have no fields");
  CHECK_EQ(error_of("{{random.row.nam}}"),
           "the choices of random.row have no field \"nam\"; did you mean \"name\"?");
  CHECK_EQ(error_of("{{random.row}}").substr(0, 47),
           "the choices of random.row have no field \"\"; kno");
  CHECK_EQ(error_of("{{cwd|json|json|json|json|json}}"), "more than four filters");
  CHECK_EQ(error_of("{{capture.1}}", {}),
           "a group, but the rule has no pattern it could come from (when.user, when.output)");
  std::string many;
  for (int i = 0; i < 1001; ++i)
    many += "{{turn}}";
  CHECK_EQ(error_of(many), "too many places");
}

SCENARIO("capture means the output pattern where a rule has no user pattern") {
  fixture x;
  template_scope scope;
  scope.has_output_pattern = true;
  scope.output_groups = 1;
  const auto compiled = text_template::compile("{{capture.1}}", scope);
  REQUIRE(std::holds_alternative<text_template>(compiled));
  CHECK_EQ(std::get<text_template>(compiled).expand(x.values), "wo");
}

SCENARIO("an expansion is bounded") {
  fixture x;
  sim_request request;
  request.user(std::string(60'000, 'x'));
  const auto view = request.view();
  x.values.request = &view;
  std::string many;
  for (int i = 0; i < 100; ++i)
    many += "{{last_user}}";
  CHECK_EQ(x.expand(many).size(), text_template::max_expanded_bytes);
}

SCENARIO("a template inside a JSON string escapes what it expands to") {
  const fixture x;
  text_template result;
  result.append_literal("{\"a\":\"");
  const auto inner = text_template::compile("say \"{{first_user}}\"", full_scope());
  result.append_inside_json_string(std::get<text_template>(inner));
  result.append_literal("\"}");
  CHECK_EQ(result.expand(x.values), R"({"a":"say \"first\nline two\""})");
  CHECK(!result.is_constant());
}

SCENARIO("a text without places is constant") {
  const auto compiled = text_template::compile("nothing {{braces}} here", {});
  CHECK(std::get<text_template>(compiled).is_constant());
}
