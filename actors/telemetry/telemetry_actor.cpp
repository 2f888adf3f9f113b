#include "actors/telemetry/telemetry_actor.hpp"

#include "actors/common/event_tap.hpp"
#include "actors/common/harden.hpp"
#include "actors/model_client/observer.hpp"
#include "actors/telemetry/otlp_json.hpp"
#include "actors/telemetry/span_outbox.hpp"
#include "actors/telemetry/turn_spans.hpp"
#include "config/log.hpp"
#include "net/http_client.hpp"

#include <caf/actor_system.hpp>
#include <caf/group.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/telemetry/counter.hpp>
#include <caf/telemetry/metric_family_impl.hpp>
#include <caf/telemetry/metric_registry.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <utility>

namespace troupe::telemetry {

namespace {

constexpr std::size_t max_answer_bytes = 64 * 1024; // of a collector; nothing of it is used

/// Events that a thread may be ahead: some busy turns.
constexpr std::uint32_t thread_credit = 1024;

class state {
public:
  state(telemetry_actor::pointer self, span_dependencies deps)
    : self_(self), deps_(std::move(deps)), spans_(deps_.settings.prompts, deps_.seed) {
    harden(self_);
    self_->set_down_handler([this](const caf::down_msg&) { finish(); });
    const auto exported = self_->system().metrics().counter_family<std::int64_t>(
      "troupe", "spans", {"outcome"}, "Spans for OpenTelemetry", "1", true);
    sent_ = exported->get_or_add({{"outcome", "sent"}});
    lost_ = exported->get_or_add({{"outcome", "lost"}});
  }

  telemetry_actor::behavior_type make_behavior() {
    self_->system().spawn(event_tap, self_->system().groups().get_local(thread_events_group),
                          telemetry_actor{self_});
    return {
      [this](const thread_created& x) { follow(x); },
      [this](const thread_closed& x) { on_closed(x); },
      [this](const event_batch& x) { on_events(x); },
      [](const events_lagged&) {},
      [this](const thread_manager_actor& x) { use(x); },
      [this](const thread_id& thread, std::string& provider, std::string& model,
             std::uint32_t attempt, std::int32_t status, bool is_success, caf::timestamp begin,
             caf::timespan duration) {
        on_attempt({.thread = thread,
                    .provider = std::move(provider),
                    .model = std::move(model),
                    .attempt = attempt,
                    .status = status,
                    .is_success = is_success,
                    .begin = std::chrono::time_point_cast<span::time_point::duration>(begin),
                    .duration = duration});
      },
      [this](std::int32_t status) { on_exported(status); },
    };
  }

  static inline const char* name = "telemetry";

private:
  static span::time_point now() { return std::chrono::system_clock::now(); }

  void use(const thread_manager_actor& x) {
    manager_ = x;
    self_->monitor(manager_);
  }

  void follow(const thread_created& x) {
    if (x.node != deps_.node || !manager_)
      return;
    self_
      ->request(manager_, export_limit,
                subscribe_events{x.thread, event_sink_actor{telemetry_actor{self_}}, thread_credit,
                                 delta_wish::none})
      .then([](const thread_summary&) {}, [](const caf::error&) {}); // it has ended already
  }

  void on_closed(const thread_closed& x) {
    if (x.node != deps_.node)
      return;
    std::vector<span> finished;
    spans_.on_closed(x.thread, now(), finished);
    keep(std::move(finished));
  }

  void on_events(const event_batch& x) {
    std::vector<span> finished;
    for (const auto& event : x.events)
      spans_.on_event(x.thread, event, now(), finished);
    if (manager_)
      caf::anon_send(manager_, event_credit{x.thread, event_sink_actor{telemetry_actor{self_}},
                                            static_cast<std::uint32_t>(x.events.size())});
    keep(std::move(finished));
  }

  void on_attempt(const model_attempt& x) {
    std::vector<span> finished;
    spans_.on_attempt(x, finished);
    keep(std::move(finished));
  }

  void keep(std::vector<span> finished) {
    if (finished.empty())
      return;
    outbox_.add(std::move(finished));
    count();
    send(ending_ ? span_outbox::urgency::whatever_is_there : span_outbox::urgency::full_batch);
    if (!is_tick_due_ && !outbox_.is_empty()) {
      is_tick_due_ = true;
      self_->run_delayed(export_interval, [this] { on_tick(); });
    }
  }

  void on_tick() {
    is_tick_due_ = false;
    send(span_outbox::urgency::whatever_is_there);
    if (outbox_.is_empty() || ending_)
      return;
    is_tick_due_ = true; // an export was under way
    self_->run_delayed(export_interval, [this] { on_tick(); });
  }

  void send(span_outbox::urgency how) {
    const auto batch = outbox_.next(how);
    if (batch.empty())
      return;
    const auto& settings = deps_.settings;
    net::http_request request{.method = "POST", .url = settings.url, .headers = settings.headers};
    request.headers.set("Content-Type", "application/json");
    request.body.push_back(
      std::make_shared<const std::string>(otlp_json({.service = settings.service,
                                                     .version = deps_.version,
                                                     .node = deps_.node.value,
                                                     .environment = settings.environment},
                                                    batch)));
    request.limits.total = export_limit;
    request.max_redirects = 0; // spans go where they were told to go
    call_ = deps_.http->fetch(std::move(request), max_answer_bytes,
                              [to = telemetry_actor{self_}](const net::call_outcome& x) {
                                caf::anon_send(to, std::int32_t{x.head.status});
                              });
  }

  void on_exported(std::int32_t status) {
    if (status >= 200 && status <= 299) {
      outbox_.on_accepted();
    } else {
      outbox_.on_refused();
      if (!std::exchange(has_complained_, true))
        log::warning("spans do not reach the OpenTelemetry collector ({}); this is said once",
                     status == 0 ? "no answer" : "HTTP status " + std::to_string(status));
    }
    count();
    send(ending_ ? span_outbox::urgency::whatever_is_there : span_outbox::urgency::full_batch);
    quit_when_done();
  }

  /// The threads have ended: their last events have come before this.
  void finish() {
    if (std::exchange(ending_, true))
      return;
    manager_ = nullptr;
    std::vector<span> finished;
    spans_.close_all(now(), finished);
    outbox_.add(std::move(finished));
    send(span_outbox::urgency::whatever_is_there);
    self_->run_delayed(deps_.flush, [this] { give_up(); });
    quit_when_done();
  }

  void quit_when_done() {
    if (ending_ && !outbox_.is_sending())
      self_->quit();
  }

  void give_up() {
    call_.cancel();
    self_->quit();
  }

  void count() {
    sent_->inc(static_cast<std::int64_t>(outbox_.sent()) - sent_->value());
    lost_->inc(static_cast<std::int64_t>(outbox_.lost()) - lost_->value());
  }

  telemetry_actor::pointer self_;
  span_dependencies deps_;
  thread_manager_actor manager_;
  turn_spans spans_;
  span_outbox outbox_;
  net::call_handle call_;
  caf::telemetry::int_counter* sent_ = nullptr;
  caf::telemetry::int_counter* lost_ = nullptr;
  bool is_tick_due_ = false;
  bool has_complained_ = false;
  bool ending_ = false;
};

class request_watch final : public model_client::observer {
public:
  explicit request_watch(telemetry_actor to) : to_(std::move(to)) {}

  void on_request(const model_client::call_facts& call,
                  const model_client::request_report& x) override {
    tell(call, x.attempt, x.status.value_or(0), x.is_success(), x.duration);
  }

  void on_ws_request(const model_client::call_facts& call,
                     const model_client::send_report& x) override {
    tell(call, 0, 0, x.error.empty(), x.duration);
  }

  void on_sse_poll(const model_client::call_facts&, const model_client::event_report&) override {}
  void on_ws_event(const model_client::call_facts&, const model_client::event_report&) override {}
  void on_server_timings(const model_client::call_facts&,
                         const model_client::server_timings&) override {}
  void on_completed(const model_client::call_facts&, const std::optional<token_usage>&) override {}
  void on_fallback_to_http(const model_client::call_facts&) override {}

private:
  void tell(const model_client::call_facts& call, std::uint32_t attempt, std::int32_t status,
            bool is_success, std::chrono::microseconds duration) {
    caf::anon_send(to_, call.thread, call.provider, call.model, attempt, status, is_success,
                   caf::make_timestamp() - duration, caf::timespan{duration});
  }

  telemetry_actor to_;
};

} // namespace

telemetry_actor spawn(caf::actor_system& sys, span_dependencies deps) {
  return sys.spawn<caf::stateful_actor<state, telemetry_actor::impl>>(std::move(deps));
}

std::unique_ptr<model_client::observer> watch_requests(const telemetry_actor& to) {
  return std::make_unique<request_watch>(to);
}

} // namespace troupe::telemetry
