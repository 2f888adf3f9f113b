#define CAF_SUITE models_answer

#include "config/models_answer.hpp"

#include <caf/test/bdd_dsl.hpp>

#include "config/catalogue.hpp"

#include <fmt/format.h>

#include <string>
#include <vector>

using namespace troupe;
using namespace troupe::config;

namespace {

std::string entry(std::string_view slug, std::string_view more = {}) {
  return fmt::format(
    R"({{"slug":"{}","display_name":"M","supported_reasoning_levels":[],"shell_type":"default",)"
    R"("visibility":"list","supported_in_api":true,"priority":1,"base_instructions":"b",)"
    R"("supports_reasoning_summaries":false,"support_verbosity":false,)"
    R"("truncation_policy":{{"mode":"bytes","limit":10000}},)"
    R"("supports_parallel_tool_calls":false,"experimental_supported_tools":[]{}}})",
    slug, more);
}

models_answer read(const std::string& text) {
  auto result = parse_models_answer(text);
  REQUIRE(std::holds_alternative<models_answer>(result));
  return std::get<models_answer>(std::move(result));
}

std::string problem(const std::string& text) {
  const auto result = parse_models_answer(text);
  const auto* error = std::get_if<catalogue_error>(&result);
  return error ? error->message : "none";
}

std::vector<std::string> slugs(const models_answer& x) {
  std::vector<std::string> result;
  for (const auto& model : x.models)
    result.push_back(model.slug);
  return result;
}

using texts = std::vector<std::string>;

} // namespace

SCENARIO("a full entry of the reference is read, with members nobody knows") {
  const auto x =
    read(R"({"models":[)" +
         entry("a", R"(,"minimal_client_version":[0,99,0],"reasoning_summary_format":"none")") +
         R"(],"more":1})");
  CHECK(slugs(x) == texts{"a"});
  CHECK(x.warnings.empty());
  CHECK_EQ(x.models.front().base_instructions.view(), "b");
}

SCENARIO("an entry that is not usable is left out, with a warning, and the others stay") {
  const auto x = read(R"({"models":[)" + entry("a") + R"(,{"slug":"bad"},7,)" + entry("b") + "]}");
  CHECK(slugs(x) == (texts{"a", "b"}));
  CHECK(x.warnings == (texts{"models[1] (`bad`): `display_name` is missing or has a wrong value",
                             "models[2] (``): `slug` is missing or has a wrong value"}));
}

SCENARIO("an unknown shell type drops its entry only") {
  auto odd = entry("odd");
  odd.replace(odd.find(R"("default")"), 9, R"("teletype")");
  const auto x = read(R"({"models":[)" + odd + "," + entry("b") + "]}");
  CHECK(slugs(x) == texts{"b"});
  REQUIRE_EQ(x.warnings.size(), 1U);
  CHECK(x.warnings.front().find("shell_type") != std::string::npos);
}

SCENARIO("a list of which nothing is usable is an error, an empty one is not") {
  CHECK_EQ(problem(R"({"models":[{"slug":"bad"}]})"),
           "no entry is usable: models[0] (`bad`): `display_name` is missing or has a wrong value");
  CHECK(read(R"({"models":[]})").models.empty());
  CHECK(read(R"({"data":[]})").models.empty());
}

SCENARIO("a slug that comes twice is listed once, as it came last, at its first place") {
  const auto x = read(R"({"models":[)" + entry("a") + "," + entry("b") + "," +
                      entry("a", R"(,"context_window":7)") + "]}");
  CHECK(slugs(x) == (texts{"a", "b"}));
  CHECK(x.models.front().context_window == 7);
}

SCENARIO("slugs without end and without beginning are left out") {
  const std::string longest(max_slug_bytes, 'x');
  const auto x =
    read(R"({"models":[)" + entry(longest) + "," + entry(longest + "x") + "," + entry("") + "]}");
  CHECK(slugs(x) == texts{longest});
  CHECK_EQ(x.warnings.size(), 2U);
}

SCENARIO("a list without end is cut, and so are its warnings") {
  std::string text = R"({"data":[{"id":"m0"})";
  for (std::size_t i = 1; i < max_listed_models + 100; ++i)
    text += fmt::format(R"(,{{"id":"m{}"}})", i);
  const auto x = read(text + "]}");
  CHECK_EQ(x.models.size(), max_listed_models);
  CHECK_EQ(x.warnings.size(), 21U);
  CHECK_EQ(x.warnings.back(), "80 more entries are not usable");
}

SCENARIO("OpenAI's plain list offers its ids with what is assumed of them") {
  const auto x = read(R"({"object":"list","data":[{"id":"qwen3","object":"model"},)"
                      R"({"id":"gpt-oss:20b","max_model_len":32768},{"id":7},"x"]})");
  CHECK(slugs(x) == (texts{"qwen3", "gpt-oss:20b"}));
  CHECK_EQ(x.warnings.size(), 2U);
  auto expected = fallback_model("qwen3");
  expected.visibility = model_visibility::list;
  CHECK(x.models[0] == expected);
  CHECK(x.models[1].apply_patch_tool_type == patch_tool_type::function);
  CHECK(x.models[1].context_window == 32'768);
}

SCENARIO("a window that cannot be is not believed") {
  for (const auto* number : {"0", "-5", "1.5", "9000000000000000000", "\"4096\"", "null"})
    CHECK(!read(fmt::format(R"({{"data":[{{"id":"m","max_model_len":{}}}]}})", number))
             .models.front()
             .context_window);
}

SCENARIO("anything else is an error") {
  CHECK_EQ(problem(""), "not JSON");
  CHECK_EQ(problem("<html>"), "not JSON");
  CHECK_EQ(problem("[]"), "no array `models` or `data`");
  CHECK_EQ(problem(R"({"models":{}})"), "no array `models` or `data`");
  CHECK_EQ(problem(std::string(200, '[')), "not JSON");
}
