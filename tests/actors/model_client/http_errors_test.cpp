#define CAF_SUITE http_errors
#include <caf/test/bdd_dsl.hpp>

#include "actors/model_client/http_errors.hpp"
#include "actors/model_client/http_status.hpp"

#include <initializer_list>
#include <string>

using namespace std::literals;
using namespace troupe;
using namespace troupe::model_client;
using troupe::net::net_errc;

namespace {

constexpr std::string_view url = "http://127.0.0.1:8080/v1/responses";

/// Tuesday, 2 January 2024, 12:00 in a zone without summer time.
wall_clock fixed_clock() {
  return {.now = [] { return std::int64_t{1704196800}; },
          .local = [](std::int64_t t) -> std::optional<std::tm> {
            const std::time_t time = t;
            std::tm result{};
            if (gmtime_r(&time, &result) == nullptr)
              return std::nullopt;
            return result;
          }};
}

failed_call answer(int status, std::string_view body, std::initializer_list<net::header> xs = {}) {
  net::header_list headers;
  for (const auto& x : xs)
    headers.add(x.name, x.value);
  return map_status({.status = status, .url = url, .headers = headers, .body = body},
                    fixed_clock());
}

model_error error_of(int status, std::string_view body,
                     std::initializer_list<net::header> xs = {}) {
  return answer(status, body, xs).error;
}

} // namespace

SCENARIO("400 is an invalid request with the body as its text") {
  const auto x = error_of(400, R"({"error": {"message": "bad input"}})");
  CHECK(x.code == model_errc::invalid_request);
  CHECK_EQ(x.message, R"({"error": {"message": "bad input"}})");
  CHECK(!may_retry(x.code));
  const auto image =
    error_of(400, "..The image data you provided does not represent a valid image..");
  CHECK(image.code == model_errc::invalid_image_request);
}

SCENARIO("500 is a retryable server error without a status for the client") {
  const auto x = error_of(500, "boom");
  CHECK(x.code == model_errc::internal_server_error);
  CHECK_EQ(x.message,
           "We're currently experiencing high demand, which may cause temporary errors.");
  CHECK(!x.http_status);
  CHECK(may_retry(x.code));
}

SCENARIO("a model at capacity is named with the time it needs") {
  const auto text = [](std::string seconds) {
    const auto x = error_of(429, "",
                            {{"x-codex-model-cap-model", "gpt-x"},
                             {"x-codex-model-cap-reset-after-seconds", seconds},
                             {"retry-after", "1"}});
    CHECK(x.code == model_errc::model_cap);
    CHECK_EQ(x.capped_model, "gpt-x");
    return x.message;
  };
  const auto with = [](std::string end) {
    return "Model gpt-x is at capacity. Please try a different model. Try again " + end;
  };
  CHECK_EQ(text("0"), with("in less than a minute."));
  CHECK_EQ(text("59"), with("in less than a minute."));
  CHECK_EQ(text("60"), with("in 1m."));
  CHECK_EQ(text("3599"), with("in 59m."));
  CHECK_EQ(text("3600"), with("in 1h."));
  CHECK_EQ(text("86399"), with("in 23h."));
  CHECK_EQ(text("86400"), with("in 1d."));
  CHECK_EQ(text("200000"), with("in 2d."));
  CHECK_EQ(text("-5"), with("later."));
  CHECK_EQ(text("soon"), with("later."));
  CHECK_EQ(text(""), with("later."));
}

SCENARIO("a model at capacity says for how many seconds, as far as it is known") {
  const auto seconds = [](std::string text) -> std::int64_t {
    const auto x = error_of(429, "",
                            {{"x-codex-model-cap-model", "gpt-x"},
                             {"x-codex-model-cap-reset-after-seconds", std::move(text)},
                             {"retry-after", "1"}});
    return x.retry_after ? x.retry_after->count() / 1'000 : -1;
  };
  CHECK_EQ(seconds("90"), 90);
  CHECK_EQ(seconds("0"), 0);
  CHECK_EQ(seconds("soon"), -1);
  CHECK_EQ(seconds("18446744073709551615"), 315'360'000);
}

SCENARIO("a usage limit carries the limits of the headers") {
  const auto x = answer(429,
                        R"({"error":{"type":"usage_limit_reached","message":"m",)"
                        R"("plan_type":"pro","resets_at":1704207900}})",
                        {{"x-codex-primary-used-percent", "100"}, {"retry-after", "9"}});
  CHECK(x.error.code == model_errc::usage_limit_reached);
  CHECK_EQ(x.error.message, "You've hit your usage limit. Buy more credits at "
                            "https://chatgpt.com/codex/settings/usage or try again at 3:05 PM.");
  CHECK(!x.error.retry_after);
  REQUIRE(x.limits);
  REQUIRE(x.limits->primary);
  CHECK_EQ(x.limits->primary->used_percent, 100.0);
}

SCENARIO("a promo message replaces the advice of the plan") {
  const auto x = error_of(429, R"({"error":{"type":"usage_limit_reached","plan_type":"plus"}})",
                          {{"x-codex-promo-message", "Get more now"}});
  CHECK_EQ(x.message, "You've hit your usage limit. Get more now, or try again later.");
}

SCENARIO("a plan without the product is told so") {
  const auto x = answer(429, R"({"error":{"type":"usage_not_included"}})");
  CHECK(x.error.code == model_errc::usage_not_included);
  CHECK(!x.limits);
}

SCENARIO("another 429 is final unless it names a time") {
  for (const std::string_view body :
       {"", "slow down", "{}", R"({"error":"x"})", R"({"error":{"type":"other"}})",
        R"({"error":{"type":7}})", R"({"error":{"type":"usage_limit_reached","resets_at":"x"}})",
        R"({"error":{"type":"usage_limit_reached","plan_type":5}})",
        R"({"error":{"type":"usage_limit_reached"})"}) {
    const auto x = error_of(429, body);
    CHECK(x.code == model_errc::retry_limit);
    CHECK_EQ(x.message, "exceeded retry limit, last status: 429 Too Many Requests");
    CHECK(x.http_status == 429);
    CHECK(!may_retry(x.code));
  }
  const auto named = error_of(429, "", {{"Retry-After", "3"}, {"cf-ray", "ray"}});
  CHECK(named.code == model_errc::rate_limited);
  CHECK(named.retry_after == 3000ms);
  CHECK(may_retry(named.code));
  CHECK_EQ(named.message,
           "exceeded retry limit, last status: 429 Too Many Requests, request id: ray");
  CHECK_EQ(error_of(429, "", {{"x-oai-request-id", "o"}, {"cf-ray", "ray"}}).message,
           "exceeded retry limit, last status: 429 Too Many Requests, request id: o");
  CHECK(error_of(429, "", {{"Retry-After", "soon"}}).code == model_errc::retry_limit);
}

SCENARIO("other statuses are told with body, address and ids") {
  const auto x = error_of(401, R"({"error":{"message":" no key "}})");
  CHECK(x.code == model_errc::unexpected_status);
  CHECK_EQ(x.message, "unexpected status 401 Unauthorized: no key, url: "
                      "http://127.0.0.1:8080/v1/responses");
  CHECK(x.http_status == 401);
  CHECK(may_retry(x.code));
  CHECK_EQ(error_of(503, " busy\n", {{"x-request-id", "r1"}, {"CF-Ray", "c1"}}).message,
           "unexpected status 503 Service Unavailable: busy, url: "
           "http://127.0.0.1:8080/v1/responses, cf-ray: c1, request id: r1");
  CHECK(error_of(307, "").message.starts_with(
    "unexpected status 307 Temporary Redirect: Unknown error, url: "));
  CHECK(error_of(599, "x").message.starts_with("unexpected status 599 <unknown status code>: x"));
}

SCENARIO("what is in an address beside host and path is never told") {
  const auto url = "https://me:pass@host/v1/responses?api-key=s%2Fecret&api-version=2025-04-01"sv;
  const net::header_list none;
  const auto told = [&](std::string_view body) {
    return map_status({.status = 404, .url = url, .headers = none, .body = body}, fixed_clock())
      .error.message;
  };
  CHECK_EQ(told("no /v1/responses?api-key=s%2Fecret, key 's/ecret', version 2025-04-01"),
           "unexpected status 404 Not Found: no /v1/responses?api-key=***, key '***', "
           "version 2025-04-01, url: https://host/v1/responses");
  CHECK_EQ(map_transport(net::net_errc::connect_failed, url, "refused").message,
           "stream disconnected before completion: error sending request for url "
           "(https://host/v1/responses): refused");
}

SCENARIO("a shown body is cut at a character") {
  const auto shown = [](std::string body) {
    const auto text = error_of(404, body).message;
    const auto prefix = "unexpected status 404 Not Found: "s;
    REQUIRE(text.starts_with(prefix));
    return text.substr(prefix.size(), text.find(", url: ") - prefix.size());
  };
  CHECK_EQ(shown(std::string(1000, 'x')), std::string(1000, 'x'));
  CHECK_EQ(shown(std::string(1001, 'x')), std::string(1000, 'x') + "...");
  CHECK_EQ(shown(std::string(999, 'x') + "\u00e9" + "y"), std::string(999, 'x') + "...");
  CHECK_EQ(shown(std::string(998, 'x') + "\u00e9" + "y"), std::string(998, 'x') + "\u00e9...");
  const auto message = std::string(3000, 'm');
  CHECK_EQ(shown(R"({"error":{"message":")" + message + R"("}})"), message);
  CHECK_EQ(shown(R"({"error":{"message":"  "}})"), R"({"error":{"message":"  "}})");
  CHECK_EQ(shown(R"({"error":{"message":5}})"), R"({"error":{"message":5}})");
  CHECK_EQ(shown(" \n "), "Unknown error");
  // Bytes that are no UTF-8 must not take the cut with them.
  CHECK_EQ(shown(std::string(1500, '\xbf')), "...");
}

SCENARIO("Cloudflare's refusal is told in short") {
  const auto x = error_of(403, "<html>Cloudflare: you have been blocked</html>", {{"cf-ray", "c"}});
  CHECK(x.code == model_errc::unexpected_status);
  CHECK_EQ(x.message, "Cloudflare blocked the access to the provider, which often happens in "
                      "restricted regions (status 403 Forbidden), url: "
                      "http://127.0.0.1:8080/v1/responses, cf-ray: c");
  CHECK(error_of(403, "Cloudflare").message.starts_with("unexpected status 403 Forbidden: "));
  CHECK(error_of(404, "Cloudflare blocked").message.starts_with("unexpected status 404"));
}

SCENARIO("an exchange without an answer is a retryable error") {
  struct row {
    net_errc error;
    model_errc code;
    std::string_view text;
  };
  for (const auto& [error, code, text] : std::initializer_list<row>{
         {net_errc::connect_failed, model_errc::connection_failed,
          "stream disconnected before completion: error sending request for url "
          "(http://127.0.0.1:8080/v1/responses): refused"},
         {net_errc::dns_failed, model_errc::connection_failed,
          "stream disconnected before completion: error sending request for url "
          "(http://127.0.0.1:8080/v1/responses): refused"},
         {net_errc::closed_early, model_errc::stream,
          "stream disconnected before completion: error sending request: refused"},
         {net_errc::write_failed, model_errc::stream,
          "stream disconnected before completion: error sending request: refused"},
         {net_errc::timed_out_headers, model_errc::timeout,
          "request timed out: the server sent no response headers in time"},
         {net_errc::bad_url, model_errc::stream,
          "stream disconnected before completion: error sending request: refused"},
       }) {
    const auto x = map_transport(error, url, "refused");
    CHECK(x.code == code);
    CHECK_EQ(x.message, text);
    CHECK(may_retry(x.code));
  }
  CHECK_EQ(map_transport(net_errc::closed_early, url, "").message,
           "stream disconnected before completion: error sending request: the server closed the "
           "connection before the response was complete");
  CHECK(
    map_transport(net_errc::tls_failed, url, "")
      .message.ends_with(
        "): the TLS handshake failed; check the server's certificate and the trusted authorities"));
}

SCENARIO("statuses are printed with their registered reason") {
  CHECK_EQ(status_text(429), "429 Too Many Requests");
  CHECK_EQ(status_text(418), "418 I'm a teapot");
  CHECK_EQ(status_text(499), "499 <unknown status code>");
}
