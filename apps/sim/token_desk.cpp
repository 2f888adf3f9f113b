#include "apps/sim/token_desk.hpp"

#include "apps/sim/json_text.hpp"
#include "messages/json/writer.hpp"
#include "net/wire/headers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace troupe::sim {

namespace {

constexpr std::size_t max_token_bytes = 16 * 1024; // a token with many claims has 4 KiB
constexpr std::string_view scheme = "Bearer ";

token_desk::refresh_answer refused(std::string_view code, std::string_view message) {
  token_desk::refresh_answer result{401, {}};
  json_writer json{result.body};
  json.begin_object().key("error").begin_object();
  json.member("message", message).member("type", "invalid_request_error").member("code", code);
  json.end_object().end_object();
  return result;
}

} // namespace

token_desk::token_desk(auth_rule x) : rule_(std::move(x)), refresh_token_(rule_.refresh_token) {
  for (const auto& token : rule_.tokens)
    uses_.emplace(token, 0);
}

std::optional<token_desk::refusal> token_desk::admit(std::string_view authorization,
                                                     std::string_view account_id) {
  if (authorization.size() < scheme.size() ||
      !net::equals_ignoring_case(authorization.substr(0, scheme.size()), scheme))
    return refusal{"missing_token", "no bearer token in the Authorization header"};
  const auto known = uses_.find(std::string{authorization.substr(scheme.size())});
  if (known == uses_.end())
    return refusal{"invalid_token", "this token is not known here"};
  if (!rule_.account_id.empty() && account_id != rule_.account_id)
    return refusal{"invalid_account", "the token belongs to another account"};
  if (rule_.uses && known->second >= *rule_.uses)
    return refusal{"token_expired", "this token has expired"};
  ++known->second;
  return std::nullopt;
}

token_desk::refresh_answer token_desk::refresh(std::string_view body) {
  const auto raw = json_member(body, "refresh_token");
  const auto presented = raw ? unescaped_json(*raw, max_token_bytes) : std::string{};
  if (presented.empty())
    return refused("invalid_grant", "the body has no refresh_token");
  if (refreshes_ >= max_refreshes)
    return {503, R"({"error":{"message":"too many tokens have been handed out"}})"};
  if (rule_.refresh_token.empty())
    return hand_out();
  if (used_refresh_tokens_.contains(presented))
    return refused("refresh_token_reused", "this refresh token has been used already");
  if (presented != refresh_token_)
    return refused("refresh_token_invalidated", "this refresh token is not known here");
  used_refresh_tokens_.insert(presented);
  refresh_token_ = fmt::format("sim-refresh-{}", used_refresh_tokens_.size());
  return hand_out();
}

token_desk::refresh_answer token_desk::hand_out() {
  const auto number = refreshes_++;
  const auto token = rule_.refreshed.empty()
                       ? fmt::format("sim-access-{}", number + 1)
                       : rule_.refreshed[std::min(number, rule_.refreshed.size() - 1)];
  uses_.emplace(token, 0); // one that is handed out again stays as used as it was
  refresh_answer result;
  json_writer json{result.body};
  json.begin_object().member("access_token", token);
  if (!rule_.refresh_token.empty())
    json.member("refresh_token", refresh_token_);
  if (!rule_.id_token.empty())
    json.member("id_token", rule_.id_token);
  json.member("token_type", "Bearer").end_object();
  return result;
}

} // namespace troupe::sim
