#define CAF_SUITE catalogue_json

#include "config/catalogue_json.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <boost/json.hpp>

#include <utility>

using namespace troupe;
using namespace troupe::config;

namespace {

namespace json = boost::json;

/// An entry with the required fields only.
json::object minimal() {
  return json::parse(R"({"slug":"m","display_name":"M","supported_reasoning_levels":[],
    "shell_type":"default","visibility":"list","supported_in_api":true,"priority":1,
    "base_instructions":"b","supports_reasoning_summaries":false,"support_verbosity":false,
    "truncation_policy":{"mode":"bytes","limit":10000},"supports_parallel_tool_calls":false,
    "experimental_supported_tools":[]})")
    .as_object();
}

std::string list_of(const json::object& entry) {
  return R"({"models":[)" + json::serialize(minimal()) + "," + json::serialize(entry) + "]}";
}

json::object with(std::string_view key, std::string_view value) {
  auto entry = minimal();
  entry[key] = json::parse(value);
  return entry;
}

json::object without(std::string_view key) {
  auto entry = minimal();
  entry.erase(key);
  return entry;
}

std::string problem(const json::object& entry, catalogue_form form = catalogue_form::strict) {
  const auto result = parse_catalogue(list_of(entry), form);
  const auto* error = std::get_if<catalogue_error>(&result);
  return error ? error->message : "none";
}

model_info parsed(const json::object& entry, catalogue_form form = catalogue_form::strict) {
  auto result = parse_catalogue(list_of(entry), form);
  return std::get<catalogue>(std::move(result)).back();
}

} // namespace

SCENARIO("absent optional fields have the contract's defaults") {
  const auto x = parsed(minimal());
  CHECK_EQ(x.slug, "m");
  CHECK(!x.description);
  CHECK(!x.default_reasoning_level);
  CHECK(!x.upgrade);
  CHECK(!x.model_messages);
  CHECK(!x.default_verbosity);
  CHECK(!x.apply_patch_tool_type);
  CHECK(!x.context_window);
  CHECK(!x.auto_compact_token_limit);
  CHECK_EQ(x.effective_context_window_percent, 95);
  CHECK(x.accepts_images);
}

SCENARIO("null equals absent for optional fields, unknown fields are ignored") {
  auto entry = minimal();
  for (const auto* key :
       {"description", "default_reasoning_level", "upgrade", "model_messages", "default_verbosity",
        "apply_patch_tool_type", "context_window", "auto_compact_token_limit"})
    entry[key] = nullptr;
  entry["minimal_client_version"] = {0, 60, 0};
  CHECK(parsed(entry) == parsed(minimal()));
}

SCENARIO("each required field is required") {
  for (const auto* key : {"slug", "display_name", "supported_reasoning_levels", "shell_type",
                          "visibility", "supported_in_api", "priority", "base_instructions",
                          "supports_reasoning_summaries", "support_verbosity", "truncation_policy",
                          "supports_parallel_tool_calls", "experimental_supported_tools"}) {
    const auto slug = std::string_view{key} == "slug" ? "" : "m";
    CHECK_EQ(problem(without(key)), "models[1] (`" + std::string{slug} + "`): `" + key +
                                      "` is missing or has a wrong value");
  }
}

SCENARIO("wrong values make the whole list an error") {
  const std::vector<std::pair<std::string_view, std::string_view>> cases{
    {"shell_type", R"("powershell")"},
    {"visibility", "3"},
    {"priority", "1.0"},
    {"priority", "3000000000"},
    {"supported_in_api", R"("yes")"},
    {"default_reasoning_level", R"("extreme")"},
    {"supported_reasoning_levels", R"([{"effort":"low"}])"},
    {"supported_reasoning_levels", R"([{"effort":"lowest","description":""}])"},
    {"upgrade", R"({"model":"x"})"},
    {"model_messages", R"({"instructions_template":3})"},
    {"model_messages", R"({"instructions_variables":{"personality_default":1}})"},
    {"default_verbosity", R"("loud")"},
    {"apply_patch_tool_type", R"("magic")"},
    {"truncation_policy", R"({"mode":"lines","limit":1})"},
    {"truncation_policy", R"({"mode":"bytes"})"},
    {"context_window", "1.5"},
    {"context_window", "-1"},
    {"context_window", "9000000000000000000"},
    {"effective_context_window_percent", "null"},
    {"effective_context_window_percent", "101"},
    {"input_modalities", "null"},
    {"input_modalities", R"(["smell"])"},
    {"experimental_supported_tools", "[1]"}};
  for (const auto& [key, value] : cases)
    CHECK_EQ(problem(with(key, value)),
             "models[1] (`m`): `" + std::string{key} + "` is missing or has a wrong value");
}

SCENARIO("text that is no list of models is an error") {
  const auto message = [](std::string_view text) {
    return std::get<catalogue_error>(parse_catalogue(text, catalogue_form::strict)).message;
  };
  CHECK(message("{").starts_with("not JSON: "));
  CHECK_EQ(message("[]"), "no array `models`");
  CHECK_EQ(message(R"({"models":{}})"), "no array `models`");
  CHECK_EQ(message(R"({"models":[7]})"), "models[0] (``): `slug` is missing or has a wrong value");
}

SCENARIO("a catalogue file may leave out the flags for summaries and parallel calls") {
  auto entry = minimal();
  entry.erase("supports_reasoning_summaries");
  entry.erase("supports_parallel_tool_calls");
  CHECK(parsed(entry, catalogue_form::file).supports_reasoning_summaries);
  CHECK(parsed(entry, catalogue_form::file).supports_parallel_tool_calls);
  CHECK(!parsed(minimal(), catalogue_form::file).supports_parallel_tool_calls);
  CHECK(problem(entry) != "none");
}

SCENARIO("modalities without image mean that images are refused") {
  CHECK(!parsed(with("input_modalities", R"(["text"])")).accepts_images);
  CHECK(parsed(with("input_modalities", R"(["image","text"])")).accepts_images);
}

SCENARIO("a printed entry omits or nulls absent fields as the contract says") {
  const auto x = parsed(minimal());
  const auto printed = json::parse(print_catalogue({&x, 1}));
  const auto& entry = printed.at("models").at(0).as_object();
  for (const auto* key : {"description", "upgrade", "default_verbosity", "apply_patch_tool_type"})
    CHECK(entry.at(key).is_null());
  for (const auto* key :
       {"default_reasoning_level", "model_messages", "context_window", "auto_compact_token_limit"})
    CHECK(!entry.contains(key));
  CHECK(entry.at("effective_context_window_percent") == 95);
  CHECK(entry.at("input_modalities").as_array().size() == 2U);
}

SCENARIO("a full entry survives printing and parsing") {
  auto entry = minimal();
  entry["description"] = "d";
  entry["default_reasoning_level"] = "high";
  entry["supported_reasoning_levels"] = json::parse(R"([{"effort":"low","description":"l"}])");
  entry["priority"] = -10000;
  entry["upgrade"] = json::parse(R"({"model":"n","migration_markdown":"{model_to}"})");
  entry["model_messages"] = json::parse(
    R"({"instructions_template":"t","instructions_variables":{"personality_friendly":""}})");
  entry["default_verbosity"] = "low";
  entry["apply_patch_tool_type"] = "function";
  entry["context_window"] = 272000;
  entry["auto_compact_token_limit"] = 5;
  entry["effective_context_window_percent"] = 90;
  entry["experimental_supported_tools"] = json::parse(R"(["x"])");
  entry["input_modalities"] = json::parse(R"(["text"])");
  const auto x = parsed(entry);
  const auto again = parse_catalogue(print_catalogue({&x, 1}), catalogue_form::strict);
  REQUIRE(std::holds_alternative<catalogue>(again));
  CHECK(std::get<catalogue>(again).front() == x);
  CHECK(x.model_messages->personality_friendly == "");
  CHECK(!x.model_messages->personality_default);
}
