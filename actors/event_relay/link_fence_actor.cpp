#include "actors/event_relay/link_fence_actor.hpp"

#include "actors/common/harden.hpp"

#include <caf/actor_cast.hpp>
#include <caf/actor_registry.hpp>
#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>

#include <memory>
#include <string>
#include <utility>

namespace troupe::event_relay {

namespace {

class fence {
public:
  fence(std::vector<caf::actor> first, std::vector<caf::actor> behind,
        std::function<void(bool)> done)
    : first_(std::move(first)), behind_(std::move(behind)), done_(std::move(done)) {}

  /// The next round; none is left: the answer.
  void ask(caf::event_based_actor* self) {
    const auto round = std::exchange(first_, std::exchange(behind_, {}));
    if (round.empty())
      return end(self, true);
    open_ = round.size();
    for (const auto& actor : round)
      self->request(actor, caf::infinite, caf::sys_atom_v, caf::get_atom_v, std::string{"info"})
        .then([this, self](caf::ok_atom, const std::string&, const caf::strong_actor_ptr&,
                           const std::string&) { on_answer(self); },
              [this, self](const caf::error&) { on_answer(self); }); // it has ended
  }

  void end(caf::event_based_actor* self, bool taken) {
    if (const auto done = std::exchange(done_, nullptr))
      done(taken);
    self->quit();
  }

private:
  void on_answer(caf::event_based_actor* self) {
    if (--open_ == 0)
      ask(self);
  }

  std::vector<caf::actor> first_;
  std::vector<caf::actor> behind_;
  std::function<void(bool)> done_;
  std::size_t open_ = 0; // questions
};

} // namespace

void settle(caf::actor_system& sys, const std::vector<std::uint64_t>& actors,
            std::vector<caf::actor> behind, std::chrono::milliseconds limit,
            std::function<void(bool)> done) {
  std::vector<caf::actor> first;
  for (const auto id : actors) {
    const auto found = sys.registry().get(id);
    // One that blocks answers no such question; only a command that waits for one answer does.
    if (found && !found->get()->getf(caf::abstract_actor::is_blocking_flag))
      first.push_back(caf::actor_cast<caf::actor>(found));
  }
  const auto x = std::make_shared<fence>(std::move(first), std::move(behind), std::move(done));
  sys.spawn([x, limit](caf::event_based_actor* self) {
    harden(self);
    // One timer for all questions: CAF sorts those that are pending.
    self->run_delayed(limit, [x, self] { x->end(self, false); });
    x->ask(self);
  });
}

} // namespace troupe::event_relay
