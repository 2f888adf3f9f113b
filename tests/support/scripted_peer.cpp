#include "tests/support/scripted_peer.hpp"

#include "messages/json/writer.hpp"
#include "net/io_pool.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <functional>
#include <mutex>
#include <utility>

namespace troupe::testing {

namespace {

constexpr std::chrono::seconds patience{10};

std::string quoted(std::string_view text) {
  std::string result;
  append_json_string(result, text);
  return result;
}

std::string item_done(std::string_view item_json) {
  return sse(R"({"type":"response.output_item.done","item":)" + std::string{item_json} + "}");
}

} // namespace

std::string sse(std::string_view event_json) {
  return "data: " + std::string{event_json} + "\n\n";
}

std::string created_event() {
  return sse(R"({"type":"response.created","response":{"id":"resp_1"}})");
}

std::string text_delta_event(std::string_view text) {
  return sse(R"({"type":"response.output_text.delta","delta":)" + quoted(text) + "}");
}

std::string message_event(std::string_view text) {
  return item_done(
    R"({"type":"message","id":"msg_1","role":"assistant","content":[{"type":"output_text","text":)" +
    quoted(text) + "}]}");
}

std::string function_call_event(std::string_view name, std::string_view arguments,
                                std::string_view call_id) {
  return item_done(R"({"type":"function_call","id":"fc_1","name":)" + quoted(name) +
                   R"(,"arguments":)" + quoted(arguments) + R"(,"call_id":)" + quoted(call_id) +
                   "}");
}

std::string completed_event() {
  return sse(R"({"type":"response.completed","response":{"id":"resp_1","usage":{)"
             R"("input_tokens":100,"input_tokens_details":{"cached_tokens":20},)"
             R"("output_tokens":10,"output_tokens_details":{"reasoning_tokens":5},)"
             R"("total_tokens":110}}})");
}

scripted_answer plain_answer(int status, std::string body, net::header_list headers) {
  scripted_answer result;
  result.how = scripted_answer::shape::plain;
  result.status = status;
  result.headers = std::move(headers);
  result.body = std::move(body);
  return result;
}

scripted_answer stream_answer(std::vector<stream_step> steps, scripted_answer::ending end) {
  scripted_answer result;
  result.headers.set("Content-Type", "text/event-stream");
  result.steps = std::move(steps);
  result.end = end;
  return result;
}

scripted_answer reply_answer(std::string_view text) {
  return stream_answer({created_event() + message_event(text) + completed_event()});
}

scripted_answer hanging_answer() {
  scripted_answer result;
  result.how = scripted_answer::shape::hang;
  return result;
}

scripted_answer resetting_answer() {
  scripted_answer result;
  result.how = scripted_answer::shape::reset;
  return result;
}

struct scripted_peer::state {
  explicit state(std::vector<scripted_answer> script) : answers(std::move(script)) {}

  const std::vector<scripted_answer> answers;

  mutable std::mutex mutex;
  mutable std::condition_variable changed;
  std::vector<net::server_request> requests;
  std::size_t departures = 0;
  std::size_t open_gates = 0;
  std::deque<std::function<void()>> waiting; // streams at a gate

  net::io_pool pool{1};
  std::unique_ptr<net::http_server> server;

  const scripted_answer& log(net::server_request x) {
    const std::lock_guard guard{mutex};
    requests.push_back(std::move(x));
    changed.notify_all();
    return answers[std::min(requests.size(), answers.size()) - 1];
  }

  void count_departure() {
    const std::lock_guard guard{mutex};
    ++departures;
    changed.notify_all();
  }

  /// Runs `go_on` now or when a gate is opened.
  void pass_gate(std::function<void()> go_on) {
    {
      const std::lock_guard guard{mutex};
      if (open_gates == 0) {
        waiting.push_back(std::move(go_on));
        return;
      }
      --open_gates;
    }
    go_on();
  }

  std::function<void()> next_in_line() {
    const std::lock_guard guard{mutex};
    if (waiting.empty()) {
      ++open_gates;
      return {};
    }
    auto result = std::move(waiting.front());
    waiting.pop_front();
    return result;
  }

  bool wait_until(const std::function<bool()>& holds) const {
    std::unique_lock guard{mutex};
    return changed.wait_for(guard, patience, holds);
  }
};

namespace {

/// One streamed answer on its way.
class play : public std::enable_shared_from_this<play> {
public:
  using gate_keeper = std::function<void(std::function<void()>)>;

  play(const scripted_answer& answer, net::responder out, gate_keeper gates)
    : answer_(answer), out_(std::move(out)), gates_(std::move(gates)) {}

  void start() {
    out_.start_stream(answer_.status, answer_.headers);
    go_on();
  }

private:
  void go_on() {
    if (next_ == answer_.steps.size())
      return end();
    const auto& step = answer_.steps[next_++];
    const auto self = shared_from_this();
    if (const auto* text = std::get_if<std::string>(&step))
      out_.write(*text, [self](net::net_errc error) {
        if (error == net::net_errc::none)
          self->go_on();
      });
    else
      gates_([self] { self->go_on(); });
  }

  void end() {
    switch (answer_.end) {
    case scripted_answer::ending::finish: return out_.finish();
    case scripted_answer::ending::cut: return out_.cut(net::responder::cut_mode::close);
    case scripted_answer::ending::reset: return out_.cut(net::responder::cut_mode::reset);
    case scripted_answer::ending::stall: return out_.hang();
    }
  }

  const scripted_answer& answer_; // of the peer, which outlives its server
  net::responder out_;
  gate_keeper gates_;
  std::size_t next_ = 0;
};

} // namespace

scripted_peer::scripted_peer(std::vector<scripted_answer> answers)
  : state_(std::make_shared<state>(std::move(answers))) {
  // Plays are kept alive by the server's callbacks, and these by the server: no cycle through us.
  auto* s = state_.get();
  const auto respond = [s](net::server_request request, net::responder out) {
    const auto& answer = s->log(std::move(request));
    out.on_disconnect([s] { s->count_departure(); });
    switch (answer.how) {
    case scripted_answer::shape::plain:
      return out.answer(answer.status, answer.headers, answer.body);
    case scripted_answer::shape::hang: return out.hang();
    case scripted_answer::shape::reset: return out.cut(net::responder::cut_mode::reset);
    case scripted_answer::shape::stream:
      return std::make_shared<play>(
               answer, std::move(out),
               [s](std::function<void()> go_on) { s->pass_gate(std::move(go_on)); })
        ->start();
    }
  };
  state_->server = std::make_unique<net::http_server>(state_->pool, net::server_options{}, respond);
  if (state_->server->start().error != net::net_errc::none)
    std::abort(); // no loopback, no test
}

scripted_peer::~scripted_peer() {
  state_->server->stop();
  state_->pool.stop();
}

std::string scripted_peer::base_url() const {
  return state_->server->origin() + "/v1";
}

std::vector<net::server_request> scripted_peer::requests() const {
  const std::lock_guard guard{state_->mutex};
  return state_->requests;
}

std::size_t scripted_peer::connections() const {
  return state_->server->connections();
}

void scripted_peer::open_gate() {
  if (const auto go_on = state_->next_in_line())
    go_on();
}

bool scripted_peer::wait_for_requests(std::size_t count) const {
  return state_->wait_until([this, count] { return state_->requests.size() >= count; });
}

bool scripted_peer::wait_for_departures(std::size_t count) const {
  return state_->wait_until([this, count] { return state_->departures >= count; });
}

} // namespace troupe::testing
