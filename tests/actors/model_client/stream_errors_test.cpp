#define CAF_SUITE stream_errors
#include <caf/test/bdd_dsl.hpp>

#include "actors/model_client/stream_errors.hpp"

using namespace std::literals;
using namespace troupe;
using namespace troupe::model_client;

SCENARIO("each code of a failed response has its error") {
  struct row {
    std::string_view error;
    model_errc code;
    std::string_view message;
  };
  for (const auto& [error, code, message] : std::initializer_list<row>{
         {R"({"code":"context_length_exceeded","message":"too long"})",
          model_errc::context_window_exceeded,
          "Codex ran out of room in the model's context window. Start a new thread or clear "
          "earlier history before retrying."},
         {R"({"code":"insufficient_quota","message":"x"})", model_errc::quota_exceeded,
          "Quota exceeded. Check your plan and billing details."},
         {R"({"code":"usage_not_included"})", model_errc::usage_not_included,
          "Your plan does not include Codex. Upgrade to Plus: https://chatgpt.com/explore/plus."},
         {R"({"code":"invalid_prompt","message":"not allowed"})", model_errc::invalid_request,
          "not allowed"},
         {R"({"code":"invalid_prompt"})", model_errc::invalid_request, "Invalid request."},
         {R"({"code":"invalid_prompt","message":null})", model_errc::invalid_request,
          "Invalid request."},
         {R"({"type":"t","code":"server_error","message":"oops","plan_type":null,"resets_at":7})",
          model_errc::stream, "stream disconnected before completion: oops"},
         {R"({"message":"no code"})", model_errc::stream,
          "stream disconnected before completion: no code"},
         {R"({})", model_errc::stream, "stream disconnected before completion: "},
         {R"()", model_errc::stream,
          "stream disconnected before completion: response.failed event received"},
       }) {
    const auto x = failed_response(error);
    CHECK(x.code == code);
    CHECK_EQ(x.message, message);
    CHECK(!x.retry_after);
    CHECK(!x.http_status);
  }
}

SCENARIO("only a rate limit asks for a delay") {
  const auto limited =
    failed_response(R"({"code":"rate_limit_exceeded","message":"Please try again in 11.054s."})");
  CHECK(limited.code == model_errc::stream);
  CHECK(limited.retry_after == 11054ms);
  CHECK_EQ(limited.message, "stream disconnected before completion: Please try again in 11.054s.");
  CHECK(!failed_response(R"({"code":"server_error","message":"try again in 5s"})").retry_after);
  CHECK(!failed_response(R"({"code":"rate_limit_exceeded","message":"slow down"})").retry_after);
  CHECK(!failed_response(R"({"code":"rate_limit_exceeded"})").retry_after);
}

SCENARIO("delays are found in messages") {
  struct row {
    std::string_view message;
    std::chrono::milliseconds delay;
  };
  for (const auto& [message, delay] : std::initializer_list<row>{
         {"Rate limit reached. Please try again in 11.054s. Visit x.", 11054ms},
         {"try again in 1.898s", 1898ms},
         {"try again in 28ms", 28ms},
         {"try again in 28.9ms", 28ms},
         {"Try again in 35 seconds.", 35000ms},
         {"TRY AGAIN IN 2 Seconds", 2000ms},
         {"try again in1s", 1000ms},
         {"try again in \t\n 1 MS", 1ms},
         {"try again in 3 sharp", 3000ms},
         {"try again in 0s", 0ms},
         {"try again in a moment, or try again in 4s", 4000ms},
         {"try again in 99999999999999999999999s", std::chrono::years{1}},
       }) {
    CHECK(requested_delay(message) == delay);
  }
  const auto endless = "try again in " + std::string(500, '9') + "ms";
  CHECK(requested_delay(endless) == std::chrono::milliseconds{std::chrono::years{1}});
  for (const std::string_view message :
       {"", "try again in", "try again in ", "try again in 5", "try again in 5 minutes",
        "try again in 5m", "try again in .5s", "try again in 5.s", "try again in 1.2.3s",
        "try again later", "again in 5s", "try again in -5s"}) {
    CHECK(!requested_delay(message));
  }
}
