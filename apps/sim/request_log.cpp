#include "apps/sim/request_log.hpp"

#include "apps/sim/utf8.hpp"
#include "messages/json/writer.hpp"
#include "net/wire/url.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <cerrno>

namespace troupe::sim {

namespace {

namespace json = boost::json;

std::string body_text(std::string_view body) {
  if (body.empty())
    return "null";
  boost::system::error_code error;
  json::parse_options options;
  options.max_depth = 128;
  // Parsed and written again: a line must stay one line, and the log must stay JSON.
  const auto value = json::parse(body, error, {}, options);
  if (!error)
    return json::serialize(value);
  std::string valid;
  append_valid_utf8(valid, body);
  std::string result;
  append_json_string(result, valid);
  return result;
}

std::string header_text(const net::header_list& headers) {
  std::string result = "[";
  for (const auto& x : headers) {
    std::string value;
    append_valid_utf8(value, net::loggable_value(x));
    result += result.size() == 1 ? "[" : ",[";
    append_json_string(result, x.name);
    result += ',';
    append_json_string(result, value);
    result += ']';
  }
  return result + "]";
}

void append_name(std::string& out, std::string_view key, std::string_view name) {
  out += fmt::format(",\"{}\":", key);
  if (name.empty())
    out += "null";
  else
    append_json_string(out, name);
}

} // namespace

std::string log_line(const logged_request& x) {
  auto result = fmt::format("{{\"seq\":{},\"t_ms\":{:.3f},\"status\":{}", x.number,
                            static_cast<double>(x.at.count()) / 1000, x.status);
  append_name(result, "rule", x.rule);
  append_name(result, "fault", x.fault);
  append_name(result, "method", x.method);
  std::string target;
  append_valid_utf8(target, net::without_query_values(std::string{x.target}, x.target));
  append_name(result, "path", target);
  return fmt::format("{},\"headers\":{},\"body\":{}}}\n", result,
                     x.headers == nullptr ? "[]" : header_text(*x.headers), body_text(x.body));
}

std::error_code request_log::open(const std::filesystem::path& file) {
  file_.reset(std::fopen(file.c_str(), "ae"));
  if (!file_)
    return {errno, std::generic_category()};
  return {};
}

void request_log::write(const logged_request& x) {
  if (!file_)
    return;
  const auto line = log_line(x);
  if (std::fwrite(line.data(), 1, line.size(), file_.get()) == line.size() &&
      std::fflush(file_.get()) == 0)
    return;
  int none = 0;
  error_.compare_exchange_strong(none, errno);
}

} // namespace troupe::sim
