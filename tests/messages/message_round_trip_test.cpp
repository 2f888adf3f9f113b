#define CAF_SUITE message_round_trip
#include <caf/test/bdd_dsl.hpp>

#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>
#include <caf/event_based_actor.hpp>

#include "messages/interfaces.hpp"
#include "tests/messages/sample_filler.hpp"

#include <utility>

using namespace troupe;

namespace {

template <class T>
concept plain_value = std::equality_comparable<T>;

/// Messages with secrets: they do not travel.
template <class T>
concept stays_here = std::same_as<T, login_snapshot> || std::same_as<T, login_recovery> ||
  std::same_as<T, external_tokens> || std::same_as<T, use_external_login>;

bool same(const subscribe_events& a, const subscribe_events& b) {
  return a.thread == b.thread && a.sink == b.sink && a.credit == b.credit && a.deltas == b.deltas;
}
bool same(const event_credit& a, const event_credit& b) {
  return a.thread == b.thread && a.sink == b.sink && a.events == b.events;
}
bool same(const unsubscribe_events& a, const unsubscribe_events& b) {
  return a.thread == b.thread && a.sink == b.sink;
}
bool same(const link_up& a, const link_up& b) {
  return a.node == b.node && a.manager == b.manager;
}
bool same(const services_changed& a, const services_changed& b) {
  return a.models == b.models && a.client == b.client && a.recorder == b.recorder &&
         a.tools == b.tools && a.auth == b.auth;
}
bool same(const auth_changed& a, const auth_changed& b) {
  return a.auth == b.auth;
}
bool same(const watch_login& a, const watch_login& b) {
  return a.watcher == b.watcher;
}
bool same(const model_sources& a, const model_sources& b) {
  return a.client == b.client && a.auth == b.auth;
}
template <plain_value T>
bool same(const T& a, const T& b) {
  return a == b;
}

struct fixture : test_coordinator_fixture<> {
  /// Stands for the actors that messages name. Handles say nothing of their behaviour.
  caf::actor peer = sys.spawn([](caf::event_based_actor*) { return caf::behavior{[](int) {}}; });

  ~fixture() { caf::anon_send_exit(peer, caf::exit_reason::user_shutdown); }

  /// Values with handles are made here: the filler makes no actors.
  event_sink_actor sink() const { return caf::actor_cast<event_sink_actor>(peer); }
  void fill(subscribe_events& x, unsigned seed) const {
    x = {thread_id{{1, 2, 3}}, sink(), seed + 7, delta_wish::all};
  }
  void fill(event_credit& x, unsigned seed) const { x = {thread_id{{1, 2, 3}}, sink(), seed + 7}; }
  void fill(unsubscribe_events& x, unsigned) const { x = {thread_id{{1, 2, 3}}, sink()}; }
  void fill(link_up& x, unsigned) const {
    x = {{"peer"}, caf::actor_cast<thread_door_actor>(peer)};
  }
  void fill(services_changed& x, unsigned) const {
    x = {caf::actor_cast<models_manager_actor>(peer), caf::actor_cast<model_client_actor>(peer),
         caf::actor_cast<rollout_recorder_actor>(peer), caf::actor_cast<tool_runner_actor>(peer),
         caf::actor_cast<auth_manager_actor>(peer)};
  }
  void fill(auth_changed& x, unsigned) const { x = {caf::actor_cast<auth_manager_actor>(peer)}; }
  void fill(watch_login& x, unsigned) const { x = {caf::actor_cast<login_watcher_actor>(peer)}; }
  void fill(model_sources& x, unsigned) const {
    x = {caf::actor_cast<model_client_actor>(peer), caf::actor_cast<auth_manager_actor>(peer)};
  }
  template <class T>
  void fill(T& x, unsigned seed) const {
    if constexpr (requires {
                    caf::actor_cast<T>(peer);
                    x.address();
                  }) {
      x = caf::actor_cast<T>(peer);
    } else {
      sample_filler filler{seed};
      if (!filler.apply(x))
        CAF_FAIL("the filler cannot fill a " << caf::type_name_v<T>);
    }
  }

  template <class T>
  void check_round_trip() {
    for (unsigned seed = 0; seed < 64; ++seed) {
      T before{};
      fill(before, seed);
      caf::byte_buffer bytes;
      caf::binary_serializer out{sys, bytes};
      if (!out.apply(before))
        CAF_FAIL("cannot write a " << caf::type_name_v<T> << ": " << out.get_error());
      T after{};
      caf::binary_deserializer in{sys, bytes};
      if (!in.apply(after))
        CAF_FAIL("cannot read a " << caf::type_name_v<T> << ": " << in.get_error());
      if (in.remaining() != 0 || !same(before, after))
        CAF_FAIL("a " << caf::type_name_v<T> << " changes on its way");
    }
    CHECK(true);
  }

  template <std::size_t... Positions>
  void check_all(std::index_sequence<Positions...>) {
    (check<caf::type_by_id_t<caf::id_block::troupe::begin + Positions>>(), ...);
  }

  template <class T>
  void check() {
    if constexpr (stays_here<T>)
      check_refused<T>();
    else
      check_round_trip<T>();
  }

  template <class T>
  void check_refused() {
    caf::byte_buffer bytes;
    caf::binary_serializer out{sys, bytes};
    if (T x{}; out.apply(x))
      CAF_FAIL("a " << caf::type_name_v<T> << " may leave its process");
    CHECK(true);
  }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("every registered message reaches another node unchanged, or stays here with its secret") {
  constexpr auto count = caf::id_block::troupe::end - caf::id_block::troupe::begin;
  check_all(std::make_index_sequence<count>{});
}

SCENARIO("a message with a secret is printed without it, and is not sent") {
  const secret token{"sk-hidden"};
  const login_snapshot login{.generation = 7, .mode = login_mode::api_key, .token = token};
  const login_recovery recovery{.outcome = recovery_outcome::renewed, .login = login};
  const external_tokens tokens{.id_token = token, .access_token = token};
  for (const auto& text :
       {caf::deep_to_string(login), caf::deep_to_string(recovery), caf::deep_to_string(tokens),
        caf::deep_to_string(caf::make_message(login)), to_string(token)}) {
    CHECK_EQ(text.find("sk-hidden"), std::string::npos);
    CHECK_NE(text.find("***"), std::string::npos);
  }
  caf::byte_buffer bytes;
  caf::binary_serializer out{sys, bytes};
  CHECK(!out.apply(caf::make_message(login)));
  const std::string_view written{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  CHECK_EQ(written.find("sk-hidden"), std::string_view::npos);
}

SCENARIO("samples differ from default values") {
  // Without this the scenario above would prove nothing.
  thread_config config;
  fill(config, 0);
  CHECK_NE(config, thread_config{});
  CHECK(config.effort.has_value());
  CHECK_EQ(config.features.size(), 2u);
  CHECK_NE(config.model, config.provider);
  submission first;
  submission second;
  fill(first, 0);
  fill(second, 1);
  CHECK_NE(first.op.index(), second.op.index());
}

SCENARIO("a message with a missing byte is refused") {
  thread_created before;
  fill(before, 0);
  caf::byte_buffer bytes;
  caf::binary_serializer out{sys, bytes};
  REQUIRE(out.apply(before));
  bytes.pop_back();
  thread_created after;
  caf::binary_deserializer in{sys, bytes};
  CHECK(!in.apply(after));
}

END_FIXTURE_SCOPE()
