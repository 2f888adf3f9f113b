#pragma once

#include "net/wire/headers.hpp"
#include <atomic>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

namespace troupe::sim {

/// What is known about a request when it has been answered.
struct logged_request {
  std::uint64_t number = 0;        ///< in order of arrival, from 1
  std::chrono::microseconds at{0}; ///< since the start of the simulator
  std::string_view method;
  std::string_view target;
  const net::header_list* headers = nullptr;
  std::string_view body;  ///< decoded
  std::string_view rule;  ///< name; empty: none
  std::string_view fault; ///< name; empty: none
  int status = 0;         ///< 0: no answer was sent
};

/// One line of JSON. Values of headers that may hold credentials are replaced by `***`. A body that
/// is no JSON is shown as a string.
std::string log_line(const logged_request& x);

/// Appends lines to a file, flushed one by one. Usable from several threads.
class request_log {
public:
  /// Opens for appending; without a file nothing is written.
  request_log() = default;
  std::error_code open(const std::filesystem::path& file);

  bool is_open() const { return file_ != nullptr; }
  /// A full disk must not stop the simulator; the log is then incomplete, see `error`.
  void write(const logged_request& x);

  /// Why lines were lost; none: they were not.
  std::error_code error() const { return {error_.load(), std::generic_category()}; }

private:
  struct close_file {
    void operator()(std::FILE* x) const { std::fclose(x); }
  };
  std::unique_ptr<std::FILE, close_file> file_; // stdio's streams lock themselves
  std::atomic<int> error_{0};                   // the first one
};

} // namespace troupe::sim
