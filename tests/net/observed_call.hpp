#pragma once

#include "net/http_client.hpp"

#include <future>
#include <memory>
#include <string>
#include <vector>

namespace troupe::net::test {

/// What the handlers of a call have seen. Read `chunks` after `outcome()` only.
struct observed_call {
  struct record {
    std::vector<std::string> chunks;
    int heads = 0;
    std::promise<response_head> head;
    std::promise<void> first_chunk;
    std::promise<call_outcome> outcome;
  };

  std::shared_ptr<record> seen = std::make_shared<record>();
  std::weak_ptr<int> captured; ///< expires when the handlers have been released
  call_handle handle;

  http_handlers handlers() {
    auto token = std::make_shared<int>(0);
    captured = token;
    return {
      .on_head =
        [seen = seen](const response_head& x) {
          if (seen->heads++ == 0)
            seen->head.set_value(x);
        },
      .on_chunk =
        [seen = seen](std::string_view chunk) {
          seen->chunks.emplace_back(chunk);
          if (seen->chunks.size() == 1)
            seen->first_chunk.set_value();
        },
      .on_done = [seen = seen, token = std::move(token)](
                   call_outcome x) { seen->outcome.set_value(std::move(x)); },
    };
  }

  call_outcome outcome() { return seen->outcome.get_future().get(); }
  response_head head() { return seen->head.get_future().get(); }
  void wait_for_chunk() { seen->first_chunk.get_future().wait(); }

  std::string text() const {
    std::string all;
    for (const auto& chunk : seen->chunks)
      all += chunk;
    return all;
  }
};

inline observed_call start(http_client& client, http_request request) {
  observed_call call;
  call.handle = client.start(std::move(request), call.handlers());
  return call;
}

inline observed_call get(http_client& client, std::string url) {
  http_request request;
  request.url = std::move(url);
  return start(client, std::move(request));
}

} // namespace troupe::net::test
