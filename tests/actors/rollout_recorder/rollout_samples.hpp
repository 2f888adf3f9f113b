#pragma once

#include "actors/rollout_recorder/rollout_store.hpp"
#include "messages/ids.hpp"
#include "messages/rollout.hpp"

#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Threads, lines and files for tests of the recorder.
namespace troupe::test {

/// 2026-02-07T09:15:04.120Z, the example of contract rollouts.md 12.
inline constexpr std::chrono::system_clock::time_point sample_time{
  std::chrono::milliseconds{1'770'455'704'120}};

/// The n-th sample thread; its id is of version 4, so that it tells no time.
inline thread_id sample_thread(unsigned n) {
  return parse_thread_id(fmt::format("00000000-0000-4000-8000-{:012x}", n)).value();
}

inline rollout_line line(line_kind kind, std::string json) {
  return {kind, shared_text{std::move(json)}};
}

inline rollout_line user_event(std::string_view text) {
  return line(line_kind::event,
              fmt::format(R"({{"type":"user_message","message":"{}","images":[]}})", text));
}

inline rollout_line assistant_item(std::string_view text) {
  return line(
    line_kind::item,
    fmt::format(
      R"({{"type":"message","role":"assistant","content":[{{"type":"output_text","text":"{}"}}]}})",
      text));
}

inline session_meta sample_meta(const thread_id& thread) {
  session_meta meta;
  meta.id = thread;
  meta.cwd = "/nowhere/demo";
  meta.source_json = R"("cli")";
  meta.model_provider = "openai";
  meta.base_instructions = shared_text{"You are a coding agent."};
  return meta;
}

inline rollout_recorder::store_settings sample_settings(const std::filesystem::path& home) {
  return {home, "troupe_tests", "0.1.0", [] { return sample_time; }};
}

/// The text of a file; "(missing)" when there is none.
inline std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in)
    return "(missing)";
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void append_text(const std::filesystem::path& file, std::string_view text) {
  std::ofstream out(file, std::ios::binary | std::ios::app);
  out << text;
}

inline std::vector<std::string> payloads(const std::vector<rollout_line>& lines) {
  std::vector<std::string> result;
  for (const auto& x : lines)
    result.push_back(x.payload_json.str());
  return result;
}

} // namespace troupe::test
