#include "apps/sim/json_answers.hpp"

#include "messages/json/writer.hpp"

#include <utility>

namespace troupe::sim {

answer json_answer(int status, std::string body) {
  answer result;
  result.status = status;
  result.content_type = "application/json";
  result.body = std::move(body);
  return result;
}

answer error_answer(int status, std::string_view message, std::string_view type,
                    std::string_view code) {
  std::string body;
  json_writer json{body};
  json.begin_object().key("error").begin_object();
  json.member("message", message).member("type", type);
  if (!code.empty())
    json.member("code", code);
  json.end_object().end_object();
  return json_answer(status, std::move(body));
}

} // namespace troupe::sim
