#pragma once

#include "actors/model_client/model_client_actor.hpp"
#include "net/http_client.hpp"
#include "net/io_pool.hpp"
#include "tests/support/scripted_peer.hpp"

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// A model client with real sockets, and a consumer that is the test itself.
namespace troupe::testing {

/// What a consumer got of one stream.
struct stream_record {
  std::vector<model_event> events;
  std::size_t messages = 0;
  std::optional<stream_ended> end;

  bool has_ended_well() const { return end && !end->error; }
  std::string error() const { return end && end->error ? end->error->message : ""; }
  std::optional<model_errc> code() const {
    return end && end->error ? std::optional{end->error->code} : std::nullopt;
  }
};

class model_client_fixture {
public:
  model_client_fixture() {
    config_.config_file_path = "";
    config_.set("caf.scheduler.max-threads", 2);
    system_.emplace(config_);
    pool_.emplace();
    http_.emplace(*pool_);
    self_.emplace(*system_);
    deps.http = &*http_;
    deps.identity = {.originator = "test", .user_agent = "test/1.0"};
    deps.environment = [this](std::string_view name) -> std::optional<std::string> {
      const auto found = variables.find(name);
      return found == variables.end() ? std::nullopt : std::optional{found->second};
    };
  }

  ~model_client_fixture() {
    if (client_)
      caf::anon_send_exit(client_, caf::exit_reason::user_shutdown);
    client_ = nullptr;
    if (deps.auth)
      caf::anon_send_exit(deps.auth, caf::exit_reason::user_shutdown);
    deps.auth = nullptr;
    if (mortal_)
      kill_mortal();
    self_.reset();
    http_.reset();
    pool_->stop();
  }

  /// To be changed before the first stream is opened.
  model_client::dependencies deps;
  std::map<std::string, std::string, std::less<>> variables;

  /// A provider `mock` at that address, without retries.
  config::provider& add_provider(const std::string& base_url) {
    config::provider provider;
    provider.name = "mock";
    provider.base_url = base_url;
    provider.request_max_retries = 0;
    return deps.providers["mock"] = std::move(provider);
  }

  static model_request request() {
    model_request x;
    x.thread = *parse_thread_id("019c3c5e-0000-7000-8000-000000000000");
    x.provider = "mock";
    x.model = "gpt";
    x.input = {shared_text{R"({"type":"message"})"}};
    return x;
  }

  static open_stream stream(stream_number number, std::uint32_t credit = 1000) {
    return {.stream = number, .request = request(), .delay = {}, .credit = credit};
  }

  /// The operation's number, or the refusal.
  std::uint64_t open(open_stream x, caf::error* refusal = nullptr) {
    std::uint64_t result = 0;
    auto& self = *self_;
    self->request(client(), caf::infinite, std::move(x), consumer())
      .receive([&](const stream_opened& opened) { result = opened.operation; },
               [&](caf::error& error) {
                 if (refusal)
                   *refusal = std::move(error);
               });
    return result;
  }

  /// Opens a stream for a consumer of its own, which can be ended.
  void open_for_mortal(open_stream x) {
    mortal_ = system_->spawn([]() -> stream_consumer_actor::behavior_type {
      return {[](const model_events&) -> caf::result<void> { return caf::unit; },
              [](const stream_ended&) -> caf::result<void> { return caf::unit; }};
    });
    auto& self = *self_;
    self->request(client(), caf::infinite, std::move(x), mortal_)
      .receive([](const stream_opened&) {}, [](caf::error&) {});
  }

  void kill_mortal() {
    caf::anon_send_exit(mortal_, caf::exit_reason::kill);
    mortal_ = nullptr;
  }

  /// To be called before the first stream is opened.
  template <class... Args>
  void use_auth(auth_manager_actor::behavior_type (*make)(Args...), Args... args) {
    deps.auth = system_->spawn(make, std::move(args)...);
  }

  /// One-way.
  template <class Message>
  void tell(Message x) {
    caf::anon_send(client(), std::move(x));
  }

  /// Asks for something that is answered in one piece.
  template <class Answer, class Request>
  Answer ask(Request x, caf::error* refusal = nullptr) {
    Answer result;
    auto& self = *self_;
    self->request(client(), caf::infinite, std::move(x))
      .receive([&](Answer& answer) { result = std::move(answer); },
               [&](caf::error& error) {
                 if (refusal)
                   *refusal = std::move(error);
               });
    return result;
  }

  /// Asks now; the result waits for the answer.
  template <class Answer, class Request>
  std::function<Answer()> ask_later(Request x) {
    auto handle = (*self_)->request(client(), caf::infinite, std::move(x));
    auto kept = std::make_shared<decltype(handle)>(std::move(handle));
    return [kept] {
      Answer result;
      kept->receive([&](Answer& answer) { result = std::move(answer); }, [](const caf::error&) {});
      return result;
    };
  }

  void grant(std::uint64_t operation, std::uint32_t messages) {
    caf::anon_send(client(), stream_credit{operation, messages});
  }

  void cancel(std::uint64_t operation) { caf::anon_send(client(), cancel_stream{operation}); }

  /// Ends the client and waits until it is gone.
  void stop_client() {
    caf::anon_send_exit(client(), caf::exit_reason::user_shutdown);
    (*self_)->wait_for(client());
  }

  /// The next one has the dependencies of now.
  void restart_client() {
    stop_client();
    client_ = nullptr;
  }

  /// Receives the next message of any stream; false when none comes.
  bool receive_one(std::chrono::milliseconds patience = std::chrono::seconds{10}) {
    bool received = true;
    (*self_)->receive(
      [this](model_events& x) {
        auto& record = records_[x.stream];
        ++record.messages;
        late_ = late_ || record.end.has_value();
        for (auto& event : x.events)
          record.events.push_back(std::move(event));
      },
      [this](const stream_ended& x) {
        auto& record = records_[x.stream];
        late_ = late_ || record.end.has_value();
        record.end = x;
      },
      caf::after(patience) >> [&received] { received = false; });
    return received;
  }

  /// Receives until the stream has ended.
  const stream_record& finish(stream_number number) {
    while (!records_[number].end && receive_one()) {
    }
    return records_[number];
  }

  const stream_record& record(stream_number number) { return records_[number]; }

  /// Opens a stream and receives all of it.
  const stream_record& run(stream_number number = 1) {
    open(stream(number));
    return finish(number);
  }

  /// Did anything come after the end of its stream? Ends the client to be sure that nothing can.
  bool had_late_messages() {
    stop_client();
    http_.reset();
    pool_->stop();
    while (receive_one(std::chrono::milliseconds{0})) {
    }
    return late_;
  }

private:
  const model_client_actor& client() {
    if (!client_)
      client_ = model_client::spawn(*system_, deps);
    return client_;
  }

  stream_consumer_actor consumer() {
    return caf::actor_cast<stream_consumer_actor>(caf::actor{self_->ptr()});
  }

  caf::actor_system_config config_;
  std::optional<caf::actor_system> system_;
  std::optional<net::io_pool> pool_;
  std::optional<net::http_client> http_;
  std::optional<caf::scoped_actor> self_;
  model_client_actor client_;
  stream_consumer_actor mortal_;
  std::map<stream_number, stream_record> records_;
  bool late_ = false;
};

} // namespace troupe::testing
