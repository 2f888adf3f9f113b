#define CAF_SUITE turn_failures
#include <caf/test/bdd_dsl.hpp>

#include "scripted_turn.hpp"

using namespace troupe;
using namespace troupe::codex_thread;
using namespace troupe::codex_thread::testing;

using strings = std::vector<std::string>;

namespace {

struct running_turn : scripted_session {
  explicit running_turn(thread_config config = some_config())
    : scripted_session(std::move(config)) {
    submit(says("hello"));
    take();
  }
  effects fails(model_error error) {
    stream_fails(std::move(error));
    return take();
  }
};

} // namespace

SCENARIO("each kind of final failure ends the turn with one error of its class") {
  struct row {
    model_errc code;
    error_class info;
  };
  for (const auto& [code, info] : {
         row{model_errc::quota_exceeded, error_class::usage_limit_exceeded},
         row{model_errc::usage_not_included, error_class::usage_limit_exceeded},
         row{model_errc::usage_limit_reached, error_class::usage_limit_exceeded},
         row{model_errc::context_window_exceeded, error_class::context_window_exceeded},
         row{model_errc::invalid_request, error_class::other},
         row{model_errc::retry_limit, error_class::response_too_many_failed_attempts},
         row{model_errc::model_cap, error_class::model_cap},
         row{model_errc::unauthorized, error_class::unauthorized},
         row{model_errc::missing_env_var, error_class::other},
         row{model_errc::fatal, error_class::other},
       }) {
    running_turn s;
    auto out = s.fails(failure(code, "the text"));
    CHECK(!out.open.has_value());
    CHECK(events_of<stream_error>(out).empty());
    REQUIRE_EQ(events_of<turn_error>(out).size(), 1u);
    CHECK_EQ(events_of<turn_error>(out)[0].message, "the text");
    CHECK(events_of<turn_error>(out)[0].info == info);
  }
}

SCENARIO("each kind of passing failure is tried again") {
  for (const auto code :
       {model_errc::stream, model_errc::timeout, model_errc::internal_server_error,
        model_errc::unexpected_status, model_errc::connection_failed, model_errc::overloaded,
        model_errc::rate_limited}) {
    running_turn s;
    auto out = s.fails(failure(code, "the text"));
    CHECK(out.open.has_value());
    REQUIRE_EQ(events_of<stream_error>(out).size(), 1u);
    CHECK_EQ(events_of<stream_error>(out)[0].message, "Reconnecting... 1/2");
    CHECK_EQ(events_of<stream_error>(out)[0].additional_details, "the text");
  }
}

SCENARIO("a status is told where the contract has one") {
  auto with_status = [](model_errc code) {
    auto x = failure(code);
    x.http_status = 503;
    return x;
  };
  running_turn s;
  CHECK_EQ(events_of<stream_error>(s.fails(with_status(model_errc::unexpected_status)))[0]
             .http_status.value_or(0),
           503);
  CHECK(!events_of<stream_error>(s.fails(with_status(model_errc::internal_server_error)))[0]
           .http_status.has_value());
}

SCENARIO("delays double and stay within ten percent, a new request starts again") {
  auto config = some_config();
  config.stream_max_retries = 5;
  running_turn s{config};
  for (const std::int64_t base : {200, 400, 800, 1'600, 3'200}) {
    const auto delay = s.fails(failure(model_errc::stream)).open->delay.count();
    CHECK(delay >= base * 9 / 10);
    CHECK(delay < base * 11 / 10);
  }
  s.model({output_item_done{function_call("exec_command", "c1")}, response_completed{"r", {}}});
  s.tool_answers("c1", "");
  s.take();
  CHECK_EQ(events_of<stream_error>(s.fails(failure(model_errc::stream)))[0].message,
           "Reconnecting... 1/5");
}

SCENARIO("a usage limit tells the limits it came with, then one error") {
  running_turn s;
  rate_limits limits;
  limits.primary = rate_limit_window{.used_percent = 100, .window_minutes = 300, .resets_at = 7};
  s.uut.on_stream_ended(
    {.stream = s.uut.stream(), .error = failure(model_errc::usage_limit_reached), .limits = limits},
    s.out);
  auto out = s.take();
  REQUIRE_EQ(out.events.size(), 2u);
  REQUIRE(std::holds_alternative<token_count>(out.events[0].msg));
  CHECK_EQ(std::get<token_count>(out.events[0].msg).rate_limits, limits);
  CHECK(std::holds_alternative<turn_error>(out.events[1].msg));
  CHECK_EQ(line_names(out), strings{"event:token_count"});
}

SCENARIO(
  "an exceeded window counts as used up, and with an unknown window only the count is told") {
  running_turn s;
  auto out = s.fails(failure(model_errc::context_window_exceeded));
  CHECK_EQ(events_of<token_count>(out)[0].usage->total.total_tokens, 95'000);
  CHECK_EQ(events_of<token_count>(out)[0].usage->last.total_tokens, 95'000);
  auto unknown = some_model();
  auto info = *unknown.info;
  info.context_window.reset();
  unknown.info = shared_value{info};
  scripted_session other{some_config(), unknown};
  other.submit(says("hello"));
  other.take();
  other.stream_fails(failure(model_errc::context_window_exceeded));
  const auto counts = events_of<token_count>(other.take());
  REQUIRE_EQ(counts.size(), 1u);
  CHECK(!counts[0].usage.has_value());
}

SCENARIO("a model at capacity is named with the seconds it asks for") {
  running_turn s;
  auto error = failure(model_errc::model_cap);
  error.capped_model = "big-model";
  error.retry_after = std::chrono::seconds{90};
  const auto told = events_of<turn_error>(s.fails(error))[0];
  CHECK_EQ(told.capped_model, "big-model");
  CHECK_EQ(told.cap_resets_seconds.value_or(0), 90);
}

SCENARIO("after a failed turn the next one works") {
  running_turn s;
  s.stream_fails(failure(model_errc::quota_exceeded));
  s.flushed();
  s.take();
  s.submit(says("again"));
  CHECK(s.take().open.has_value());
  s.model_says("hi");
  s.flushed();
  CHECK_EQ(events_of<task_complete>(s.take())[0].last_agent_message.value_or(""), "hi");
}

SCENARIO("an image of the user that the provider refuses ends the turn with a hint") {
  running_turn s;
  auto out = s.fails(failure(model_errc::invalid_image_request));
  CHECK(!out.open.has_value());
  REQUIRE_EQ(events_of<turn_error>(out).size(), 1u);
  CHECK(events_of<turn_error>(out)[0].info == error_class::bad_request);
  CHECK(events_of<turn_error>(out)[0].message.starts_with("Invalid image in your last message."));
}

SCENARIO("refused images of a tool are replaced in the history when they are the newest") {
  codex_thread::history x;
  const truncation_policy plenty{truncation_mode::bytes, 1'000'000};
  x.record(make_message("user", "show me"), plenty);
  x.record(function_call("view_image", "c1"), plenty);
  x.record(image_output("c1"), plenty);
  x.record(assistant("hm"), plenty);
  CHECK(x.replace_last_images("Invalid image"));
  CHECK_EQ(
    x.items()[2].json.str(),
    R"({"type":"function_call_output","call_id":"c1","output":[{"type":"input_text","text":"look"},{"type":"input_text","text":"Invalid image"}]})");
  CHECK(!x.replace_last_images("Invalid image")); // there is none left
}

SCENARIO("older images stay when something newer has none") {
  codex_thread::history x;
  const truncation_policy plenty{truncation_mode::bytes, 1'000'000};
  CHECK(!x.replace_last_images("Invalid image"));
  x.record(function_call("view_image", "c1"), plenty);
  x.record(image_output("c1"), plenty);
  x.record(make_message("user", "next"), plenty);
  CHECK(!x.replace_last_images("Invalid image"));
}

SCENARIO("a request with a refused image of a tool is made again without it") {
  session_core core;
  core.config = some_config();
  core.model = some_model();
  turn_machine uut{core, "0", turn_kind::regular, says("show me")};
  effects out;
  uut.begin(out);
  uut.on_workspace({}, out);
  core.history.record(function_call("view_image", "c1"), core.model.info->truncation_policy);
  core.history.record(image_output("c1"), core.model.info->truncation_policy);
  out = {};
  uut.on_stream_ended(
    {.stream = uut.stream(), .error = failure(model_errc::invalid_image_request), .limits = {}},
    out);
  CHECK(out.events.empty());
  REQUIRE(out.open.has_value());
  CHECK_EQ(out.open->delay.count(), 0);
  CHECK(out.open->request.input.back().view().find("Invalid image") != std::string_view::npos);
  out = {};
  // Refused again although no image is left: the hint is all there is.
  uut.on_stream_ended(
    {.stream = uut.stream(), .error = failure(model_errc::invalid_image_request), .limits = {}},
    out);
  CHECK(!out.open.has_value());
  CHECK_EQ(events_of<turn_error>(out).size(), 1u);
}
