#pragma once

#include "apps/sim/request_view.hpp"
#include "messages/json/writer.hpp"

#include <string>
#include <string_view>
#include <variant>

namespace troupe::test {

/// Builds request bodies as a client sends them.
class sim_request {
public:
  sim_request& model(std::string_view x) { return set(model_, quoted(x)); }
  sim_request& thread(std::string_view x) { return set(thread_, quoted(x)); }
  sim_request& tools(std::string_view json) { return set(tools_, std::string{json}); }
  sim_request& schema(std::string_view json) { return set(schema_, std::string{json}); }

  /// The shell, patch and plan tools that Troupe offers by default.
  sim_request& usual_tools() {
    return tools(R"([{"type":"function","name":"exec_command"},)"
                 R"({"type":"function","name":"write_stdin"},)"
                 R"({"type":"function","name":"update_plan"},)"
                 R"({"type":"custom","name":"apply_patch"}])");
  }

  sim_request& raw_item(std::string_view json) {
    items_ += items_.empty() ? "" : ",";
    items_ += json;
    return *this;
  }

  sim_request& user(std::string_view text) { return message("user", "input_text", text); }
  sim_request& assistant(std::string_view text) {
    return message("assistant", "output_text", text);
  }

  sim_request& call(std::string_view id, std::string_view tool) {
    return raw_item(R"({"type":"function_call","name":)" + quoted(tool) +
                    R"(,"arguments":"{}","call_id":)" + quoted(id) + "}");
  }

  sim_request& output(std::string_view id, std::string_view text) {
    return raw_item(R"({"type":"function_call_output","call_id":)" + quoted(id) + R"(,"output":)" +
                    quoted(text) + "}");
  }

  /// A command that has run.
  sim_request& ran(std::string_view id, int exit_code, std::string_view text) {
    return call(id, "exec_command")
      .output(id, "Chunk ID: 123abc\nWall time: 0.0100 seconds\nProcess exited with code " +
                    std::to_string(exit_code) + "\nOriginal token count: 5\nOutput:\n" +
                    std::string{text});
  }

  std::string body() const {
    auto result = R"({"model":)" + model_ + R"(,"instructions":"be good","input":[)" + items_ +
                  R"(],"tools":)" + tools_ + R"(,"prompt_cache_key":)" + thread_;
    if (!schema_.empty())
      result += R"(,"text":{"format":{"type":"json_schema","strict":true,"schema":)" + schema_ +
                R"(,"name":"codex_output_schema"}})";
    return result + "}";
  }

  /// A view of the body as it is now. Lives as long as this.
  sim::request_view view() {
    viewed_ = body();
    return std::get<sim::request_view>(sim::view_request(viewed_));
  }

private:
  static std::string quoted(std::string_view text) {
    std::string result;
    append_json_string(result, text);
    return result;
  }

  sim_request& set(std::string& field, std::string value) {
    field = std::move(value);
    return *this;
  }

  sim_request& message(std::string_view role, std::string_view type, std::string_view text) {
    return raw_item(R"({"type":"message","role":)" + quoted(role) + R"(,"content":[{"type":)" +
                    quoted(type) + R"(,"text":)" + quoted(text) + "}]}");
  }

  std::string model_ = "\"sim-model\"";
  std::string thread_ = "\"thread-1\"";
  std::string tools_ = "[]";
  std::string schema_;
  std::string items_;
  std::string viewed_;
};

} // namespace troupe::test
