#pragma once

#include "messages/errors.hpp"
#include "messages/model_stream.hpp"

#include <optional>
#include <vector>

namespace troupe::model_client {

/// Who is told about a stream, over all its attempts. The end may be found by an I/O thread or by
/// the actor; the first one tells it. Usable from any thread.
class stream_audience {
public:
  stream_audience() = default;
  stream_audience(const stream_audience&) = delete;
  stream_audience& operator=(const stream_audience&) = delete;
  virtual ~stream_audience() = default;

  virtual void tell(std::vector<model_event> events) = 0;

  /// Later ends, and events after the end, are for nobody.
  virtual void tell_end(std::optional<model_error> error,
                        std::optional<rate_limits> limits = {}) = 0;
};

} // namespace troupe::model_client
