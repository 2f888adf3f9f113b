#pragma once

#include "actors/telemetry/log_record.hpp"
#include "actors/telemetry/span.hpp"

#include <span>
#include <string>

namespace troupe::telemetry {

/// Who the spans and log records are of.
struct export_source {
  std::string service = "troupe";
  std::string version;
  std::string node;        ///< of the cluster; empty: not told
  std::string environment; ///< "dev", "prod" and so on; empty: not told
};

/// The body of an export request: OTLP in its JSON encoding, where ids are hexadecimal and 64-bit
/// numbers are texts. Valid JSON whatever the attributes hold.
std::string otlp_json(const export_source& from, std::span<const span> xs);
std::string otlp_json(const export_source& from, std::span<const log_record> xs);

} // namespace troupe::telemetry
