#include "actors/telemetry/telemetry_actor.hpp"

#include "actors/common/event_tap.hpp"
#include "actors/common/harden.hpp"
#include "actors/telemetry/otlp_json.hpp"
#include "actors/telemetry/outbox.hpp"
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

#include <optional>
#include <string_view>
#include <utility>

namespace troupe::telemetry {

namespace {

constexpr std::size_t max_answer_bytes = 64 * 1024; // of a collector; nothing of it is used

/// Events that a thread may be ahead: some busy turns.
constexpr std::uint32_t thread_credit = 1024;

/// One signal on its way to its collector.
template <class T>
struct lane {
  using urgency = typename outbox<T>::urgency;

  telemetry::signal signal;
  std::string_view name; ///< a literal, for counters and people
  std::optional<config::otel_endpoint> collector = {};
  outbox<T> waiting = {};
  net::call_handle call = {};
  caf::telemetry::int_counter* sent = nullptr;
  caf::telemetry::int_counter* lost = nullptr;
  bool has_complained = false;

  void count() const {
    raise(*sent, waiting.sent());
    raise(*lost, waiting.lost());
  }

private:
  /// CAF refuses to add nothing.
  static void raise(caf::telemetry::int_counter& counter, std::uint64_t to) {
    if (const auto more = static_cast<std::int64_t>(to) - counter.value(); more > 0)
      counter.inc(more);
  }
};

class state {
public:
  state(telemetry_actor::pointer self, telemetry_dependencies deps)
    : self_(self), deps_(std::move(deps)), turns_(deps_.settings.prompts, deps_.intake->traces) {
    harden(self_);
    self_->set_down_handler([this](const caf::down_msg&) { finish(); });
    spans_.collector = deps_.settings.traces;
    logs_.collector = deps_.settings.logs;
    count_exports(spans_);
    count_exports(logs_);
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
      [this](caf::update_atom) { take_in(); },
      [this](std::uint8_t which, std::int32_t status) { on_exported(signal{which}, status); },
    };
  }

  static inline const char* name = "telemetry";

private:
  static span::time_point now() { return std::chrono::system_clock::now(); }

  template <class T>
  void count_exports(lane<T>& x) {
    const caf::string_view what{x.name.data(), x.name.size()};
    auto* family = self_->system().metrics().counter_family<std::int64_t>(
      "troupe", what, {"outcome"}, "Sent to OpenTelemetry", "1", true);
    x.sent = family->get_or_add({{"outcome", "sent"}});
    x.lost = family->get_or_add({{"outcome", "lost"}});
  }

  void use(const thread_manager_actor& x) {
    manager_ = x;
    self_->monitor(manager_);
  }

  void follow(const thread_created& x) {
    if (x.node != deps_.node || !manager_ || !spans_.collector)
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
    turns_.on_closed(x.thread, now(), finished);
    keep(spans_, std::move(finished));
  }

  void on_events(const event_batch& x) {
    std::vector<span> finished;
    for (const auto& event : x.events)
      turns_.on_event(x.thread, event, now(), finished);
    if (manager_)
      caf::anon_send(manager_, event_credit{x.thread, event_sink_actor{telemetry_actor{self_}},
                                            static_cast<std::uint32_t>(x.events.size())});
    keep(spans_, std::move(finished));
  }

  void take_in() {
    auto& intake = *deps_.intake;
    spans_.waiting.count_lost(intake.spans.take_lost());
    logs_.waiting.count_lost(intake.logs.take_lost());
    keep(spans_, intake.spans.take_all());
    keep(logs_, intake.logs.take_all());
  }

  template <class T>
  void keep(lane<T>& to, std::vector<T> finished) {
    if (finished.empty() || !to.collector)
      return;
    to.waiting.add(std::move(finished));
    to.count();
    send(to, when_busy<T>());
    if (!is_tick_due_ && !to.waiting.is_empty()) {
      is_tick_due_ = true;
      self_->run_delayed(export_interval, [this] { on_tick(); });
    }
  }

  template <class T>
  typename lane<T>::urgency when_busy() const {
    return ending_ ? lane<T>::urgency::whatever_is_there : lane<T>::urgency::full_batch;
  }

  void on_tick() {
    is_tick_due_ = false;
    send(spans_, lane<span>::urgency::whatever_is_there);
    send(logs_, lane<log_record>::urgency::whatever_is_there);
    if (ending_ || (spans_.waiting.is_empty() && logs_.waiting.is_empty()))
      return;
    is_tick_due_ = true; // an export was under way
    self_->run_delayed(export_interval, [this] { on_tick(); });
  }

  template <class T>
  void send(lane<T>& from, typename lane<T>::urgency how) {
    const auto batch = from.waiting.next(how);
    if (batch.empty())
      return;
    const auto& settings = deps_.settings;
    net::http_request request{
      .method = "POST", .url = from.collector->url, .headers = from.collector->headers};
    request.headers.set("Content-Type", "application/json");
    request.body.push_back(
      std::make_shared<const std::string>(otlp_json({.service = settings.service,
                                                     .version = deps_.version,
                                                     .node = deps_.node.value,
                                                     .environment = settings.environment},
                                                    std::span<const T>{batch})));
    request.limits.total = export_limit;
    request.max_redirects = 0; // it goes where it was told to go
    from.call = deps_.http->fetch(
      std::move(request), max_answer_bytes,
      [to = telemetry_actor{self_}, which = from.signal](const net::call_outcome& x) {
        caf::anon_send(to, static_cast<std::uint8_t>(which), std::int32_t{x.head.status});
      });
  }

  void on_exported(signal which, std::int32_t status) {
    switch (which) {
    case signal::spans: on_exported(spans_, status); break;
    case signal::logs: on_exported(logs_, status); break;
    }
    quit_when_done();
  }

  template <class T>
  void on_exported(lane<T>& x, std::int32_t status) {
    if (status >= 200 && status <= 299) {
      x.waiting.on_accepted();
    } else {
      x.waiting.on_refused();
      if (!std::exchange(x.has_complained, true))
        log::warning("{} do not reach the OpenTelemetry collector ({}); this is said once", x.name,
                     status == 0 ? "no answer" : "HTTP status " + std::to_string(status));
    }
    x.count();
    send(x, when_busy<T>());
  }

  /// The threads have ended: their last events have come before this.
  void finish() {
    if (std::exchange(ending_, true))
      return;
    manager_ = nullptr;
    take_in();
    std::vector<span> finished;
    turns_.close_all(now(), finished);
    keep(spans_, std::move(finished));
    send(spans_, lane<span>::urgency::whatever_is_there);
    send(logs_, lane<log_record>::urgency::whatever_is_there);
    self_->run_delayed(deps_.flush, [this] { give_up(); });
    quit_when_done();
  }

  void quit_when_done() {
    if (ending_ && !spans_.waiting.is_sending() && !logs_.waiting.is_sending())
      self_->quit();
  }

  void give_up() {
    spans_.call.cancel();
    logs_.call.cancel();
    self_->quit();
  }

  telemetry_actor::pointer self_;
  telemetry_dependencies deps_;
  thread_manager_actor manager_;
  turn_spans turns_;
  lane<span> spans_{.signal = signal::spans, .name = "spans"};
  lane<log_record> logs_{.signal = signal::logs, .name = "logs"};
  bool is_tick_due_ = false;
  bool ending_ = false;
};

} // namespace

telemetry_actor spawn(caf::actor_system& sys, telemetry_dependencies deps) {
  return sys.spawn<caf::stateful_actor<state, telemetry_actor::impl>>(std::move(deps));
}

wake_up waker(const telemetry_actor& x) {
  return [x] { caf::anon_send(x, caf::update_atom_v); };
}

} // namespace troupe::telemetry
